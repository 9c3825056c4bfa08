// @ts-check
/** @import { CapabilityState, SystemHealth } from './api-shapes.ts' */

/**
 * How far a part of Evergrant can be relied on. `unknown`: nobody could say; `unreachable`: its service does not answer.
 * @typedef {object} Reliance
 * @property {CapabilityState | 'unreachable' | 'unknown'} state
 * @property {string | null} reason
 * @property {string | null} since
 */

/** @type {readonly CapabilityState[]} */
const worstFirst = ['unavailable', 'degraded', 'ok']

/** What a service says of one of its capabilities: the worst of its replicas, for nobody knows which of them answers next.
 * @param {SystemHealth | null} health null when it could not be read
 * @param {string} service @param {string} capability @returns {Reliance} */
export function relianceOn(health, service, capability) {
  const known = health?.services.find(({ name }) => name === service)
  if (known === undefined) return { state: 'unknown', reason: null, since: null }
  const reachable = known.replicas.filter(({ status }) => status !== 'unreachable')
  if (reachable.length === 0) return { state: 'unreachable', reason: null, since: null }
  const lines = reachable.flatMap(({ capabilities }) =>
    capabilities.filter(({ name }) => name === capability),
  )
  const worst = worstFirst.flatMap((state) => lines.find(({ status }) => status === state) ?? [])[0]
  if (worst === undefined) return { state: 'ok', reason: null, since: null }
  return { state: worst.status, reason: worst.reason ?? null, since: worst.since }
}
