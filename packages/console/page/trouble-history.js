// @ts-check
/** @import { Connection, HistoryEntry } from './api-shapes.ts' */

/**
 * What the history of a connection says about how it is now.
 * @typedef {object} Trouble
 * @property {string | null} since
 * @property {string | null} nextAttemptAt
 */

/** After one of these the connection worked. */
const good = new Set(['TokensReceived', 'GrantRefreshed'])
/** What made it as it is, by its status. @type {Readonly<Partial<Record<Connection['status'], ReadonlySet<string>>>>} */
const makers = {
  needs_reauthorization: new Set(['ReauthorizationRequired']),
  disconnected: new Set(['ConnectionDisconnected', 'GrantRevoked']),
  missing_scopes: new Set(['TokensReceived']),
}

/** Since when a connection is as it is, and when Google is asked again.
 * @param {Pick<Connection, 'status' | 'reason' | 'expiresAt'>} connection
 * @param {readonly HistoryEntry[]} newestFirst its facts @returns {Trouble} */
export function troubleIn({ status, reason, expiresAt }, newestFirst) {
  if (reason === 'refresh_token_missing') {
    const since =
      status === 'active' ? newestFirst.find(({ type }) => type === 'TokensReceived')?.at : expiresAt
    return { since: since ?? null, nextAttemptAt: null }
  }
  const makes = makers[status]
  if (makes)
    return { since: newestFirst.find(({ type }) => makes.has(type))?.at ?? null, nextAttemptAt: null }
  const worked = newestFirst.findIndex(({ type }) => good.has(type))
  const failures = newestFirst
    .slice(0, worked === -1 ? newestFirst.length : worked)
    .filter(({ type }) => type === 'RefreshFailed')
  const next = failures[0]?.detail?.nextAttemptAt
  return { since: failures.at(-1)?.at ?? null, nextAttemptAt: typeof next === 'string' ? next : null }
}

/** Whether the history has to be asked: nothing tells of a connection that works. @param {Connection} connection */
export const isTroubled = ({ status, reason, capabilities }) =>
  status !== 'active' || reason !== null || Object.values(capabilities).some((state) => state !== 'ok')
