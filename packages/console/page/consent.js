// @ts-check
import { webAddress } from './elements.js'

/** @import { Api } from './api.js' */
/** @import { Answer, Connection, Service } from './api-shapes.ts' */

/** Asks for a consent, and answers the address that leads to it; Google sends the browser back to this page.
 * @param {Api} api
 * @param {{ service: Service, connection: Connection | null }} wish
 * @param {string} consoleUrl
 * @returns {Promise<Answer<{ address: string, endsAt: string }>>} where to go, and where the consent ends */
export async function requestConsent(api, { service, connection }, consoleUrl) {
  const wish = {
    services: [service],
    access: connection?.access ?? 'read',
    ...(connection === null ? {} : { connectionId: connection.id }),
  }
  let endsAt = consoleUrl
  let answer = await api.ask('POST', '/v1/authorizations', { ...wish, returnTo: endsAt })
  if (!answer.ok && answer.problem.code === 'return_to_not_registered') {
    // This page is open at an address nobody registered. The address of a consent is at PUBLIC_URL, where the console is too,
    // and that origin is always registered; the first consent is not used, and expires.
    answer = await api.ask('POST', '/v1/authorizations', wish)
    const known = answer.ok ? webAddress(answer.body.authorizationUrl) : null
    if (known !== null) {
      endsAt = new URL('/console', known).href
      answer = await api.ask('POST', '/v1/authorizations', { ...wish, returnTo: endsAt })
    }
  }
  if (!answer.ok) return answer
  const address = webAddress(answer.body.authorizationUrl)
  if (address !== null) return { ok: true, body: { address, endsAt } }
  const detail = 'The answer holds no address a browser can open.'
  return { ok: false, problem: { title: 'Unexpected answer', status: 0, detail, code: 'unexpected_answer' } }
}
