// @ts-check
import { relianceOn } from './system-health.js'
import { because } from './words.js'

/** @import { SystemHealth } from './api-shapes.ts' */
/** @import { Reliance } from './system-health.js' */

/**
 * What somebody may do on this page.
 * @typedef {'connect' | 'refresh' | 'disconnect' | 'sync'} Deed
 */

/** Each of these has to be there. @type {Readonly<Record<Deed, readonly (readonly [service: string, capability: string])[]>>} */
const needs = {
  connect: [
    ['oauth-service', 'connect'],
    ['oauth-service', 'database'],
    ['token-service', 'token.connect'],
    ['token-service', 'database'],
  ],
  refresh: [
    ['token-service', 'token.refresh'],
    ['token-service', 'database'],
  ],
  disconnect: [
    ['token-service', 'token.disconnect'],
    ['token-service', 'database'],
  ],
  sync: [
    ['calendar-service', 'calendar.sync'],
    ['calendar-service', 'database'],
  ],
}

/** @type {Readonly<Record<Deed, string>>} */
const names = {
  connect: 'No account can be connected right now',
  refresh: 'The access cannot be renewed right now',
  disconnect: 'Nothing can be disconnected right now',
  sync: 'No sync can be asked for right now',
}

/** Why a deed is not offered, in a sentence; null while it is. What nobody could find out is offered: its answer will tell.
 * @param {Deed} deed @param {SystemHealth | null} health @returns {string | null} */
export function withheld(deed, health) {
  for (const [service, capability] of needs[deed]) {
    const why = obstacle(deed, relianceOn(health, service, capability))
    if (why !== null) return `${names[deed]}: ${why}`
  }
  return null
}

/** @param {Deed} deed @param {Reliance} reliance @returns {string | null} */
function obstacle(deed, { state, reason }) {
  if (state === 'unreachable') return 'the part of Evergrant that does it does not answer.'
  if (reason === 'google_client_missing' || reason === 'google_client_not_configured')
    return 'no Google client is configured, which an operator has to do.'
  // A sync that is asked for waits until Google answers; a consent and a renewal cannot.
  if (deed !== 'sync' && (reason === 'google_unavailable' || reason === 'google_unreachable'))
    return `${because('google_unavailable')}.`
  if (state !== 'unavailable') return null
  return reason === 'schema_drift'
    ? `${because('schema_drift')}. It is possible again once an operator has repaired it.`
    : 'the part of Evergrant that does it is not well.'
}
