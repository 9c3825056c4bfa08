// @ts-check
/** @import { Service } from './api-shapes.ts' */

/**
 * What the address says about why somebody opens this page: back from Google, or sent by the action of a connection.
 * @typedef {{ kind: 'plain' }
 *   | { kind: 'back', status: string }
 *   | { kind: 'sent', service: Service, connectionId: string | null }} Arrival
 */

/** @type {readonly Service[]} */
const services = ['calendar', 'drive', 'gmail']

/** Addresses can be made up by anybody: they choose among what this page can say, and begin nothing by themselves.
 * @param {string} search @returns {Arrival} */
export function arrivalOf(search) {
  const query = new URLSearchParams(search)
  const status = query.get('status')
  if (query.has('authorization') && status !== null) return { kind: 'back', status }
  const service = services.find((known) => known === query.get('connect'))
  if (service === undefined) return { kind: 'plain' }
  return { kind: 'sent', service, connectionId: query.get('connection') }
}

/** What came of the consent, for whoever just gave it or did not. @param {string} status */
export function consentWords(status) {
  switch (status) {
    case 'granted':
      return 'Google has given access. What follows from it appears here in a moment.'
    case 'denied':
      return 'Access was declined at Google; nothing was changed.'
    case 'expired':
      return 'That took too long, and the link is used up. Please begin again.'
    default:
      return 'The consent at Google did not come to an end. Please begin again.'
  }
}
