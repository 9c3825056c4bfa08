import { timingSafeEqual } from 'node:crypto'
import { digest } from '../fingerprint.ts'
import type { Call } from '../http/call.ts'
import { oauthError } from '../http/google-error.ts'

/** The OAuth client this Google knows, as registered in its console. */
export interface OAuthClient {
  readonly clientId: string
  readonly clientSecret: string
  /** Compared exactly. Empty: any http loopback URI, so that tests may use any port. */
  readonly redirectUris: readonly string[]
}

/** Not a secret: it is the same everywhere and opens nothing but an emulator. */
export const defaultClient: OAuthClient = {
  clientId: 'evergrant.apps.emulator',
  clientSecret: 'emulator-client-secret',
  redirectUris: [],
}

/** RFC 6749 section 3.1.2.3: simple string comparison, so no path or query can be appended by an attacker. */
export function isRegisteredRedirectUri(client: OAuthClient, uri: string): boolean {
  if (client.redirectUris.length > 0) return client.redirectUris.includes(uri)
  if (!URL.canParse(uri)) return false
  const { protocol, hostname, hash } = new URL(uri)
  return protocol === 'http:' && hash === '' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** client_secret_basic (RFC 6749 section 2.3.1, form-urlencoded inside Basic) or client_secret_post.
 * @throws GoogleError 401 invalid_client */
export function authenticateClient(client: OAuthClient, call: Call, form: URLSearchParams): void {
  const { id, secret } = credentialsFrom(call.headers.authorization, form)
  if (id === null) throw oauthError(400, 'invalid_request', 'Could not determine client ID from request.')
  if (id !== client.clientId) throw oauthError(401, 'invalid_client', 'The OAuth client was not found.')
  if (secret === null) throw oauthError(401, 'invalid_client', 'client_secret is missing.')
  const sent = Buffer.from(digest(secret))
  if (!timingSafeEqual(sent, Buffer.from(digest(client.clientSecret)))) {
    throw oauthError(401, 'invalid_client', 'The provided client secret is invalid.')
  }
}

function credentialsFrom(authorization: string | undefined, form: URLSearchParams) {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  if (basic === undefined) return { id: form.get('client_id'), secret: form.get('client_secret') }
  const [id = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  const decode = (text: string) => new URLSearchParams(`v=${text}`).get('v')
  return { id: decode(id), secret: decode(rest.join(':')) }
}
