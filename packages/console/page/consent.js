// @ts-check
import { webAddress } from './elements.js'

/** @import { Api } from './api.js' */
/** @import { Answer, Connection, Service } from './api-shapes.ts' */

/** Asks for a consent, and answers the address that leads to it; Google sends the browser back to this page.
 * @param {Api} api
 * @param {{ service: Service, connection: Connection | null }} wish
 * @param {string} consoleUrl
 * @returns {Promise<Answer<string>>} */
export async function requestConsent(api, { service, connection }, consoleUrl) {
  const wish = {
    services: [service],
    access: connection?.access ?? 'read',
    ...(connection === null ? {} : { connectionId: connection.id }),
  }
  let answer = await api.ask('POST', '/v1/authorizations', { ...wish, returnTo: consoleUrl })
  if (!answer.ok && answer.problem.code === 'return_to_not_registered') {
    // This page is open at an address nobody registered: the consent ends on a page of oauth-service instead.
    answer = await api.ask('POST', '/v1/authorizations', wish)
  }
  if (!answer.ok) return answer
  const address = webAddress(answer.body.authorizationUrl)
  if (address !== null) return { ok: true, body: address }
  const detail = 'The answer holds no address a browser can open.'
  return { ok: false, problem: { title: 'Unexpected answer', status: 0, detail, code: 'unexpected_answer' } }
}
