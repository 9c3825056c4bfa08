// @ts-check
/** @import { Known } from './explain.js' */

/** Whether something is under way that ends by itself within seconds, so that looking again soon is worth it.
 * @param {Known} known @param {boolean} justConsented */
export function isSettling({ connections, calendars }, justConsented) {
  if (!connections.ok || !calendars.ok) return false
  const underWay = calendars.body.some(
    ({ sync }) =>
      sync.status === 'syncing' || sync.reason === 'awaiting_token' || sync.reason === 'never_synced',
  )
  const working = connections.body.filter(
    ({ service, status }) => service === 'calendar' && status === 'active',
  )
  const unseen = working.some(({ id }) => !calendars.body.some(({ connectionId }) => connectionId === id))
  // The copies hear of a connection over the bus, a little later than the connection says it.
  const waking = calendars.body.some(
    ({ connectionId, sync }) => sync.status === 'paused' && working.some(({ id }) => id === connectionId),
  )
  return justConsented || underWay || unseen || waking
}
