import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Authenticator, createAuthenticator } from './authenticator.ts'

export interface TestIssuer {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  /** An authenticator that trusts this issuer. */
  readonly authenticator: Authenticator
  /** A signed JWT; `scope` is space-separated, `expiresIn` in seconds (3600; negative is expired). */
  sign(sub: string, claims?: { readonly scope?: string; readonly expiresIn?: number }): Promise<string>
  /** `Authorization` header value. */
  bearer(sub: string, claims?: { readonly scope?: string; readonly expiresIn?: number }): Promise<string>
  close(): Promise<void>
}

/** A token issuer on loopback with its own key, for one test file. */
export async function createTestIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  const port = await listen(server)
  const issuer = `http://127.0.0.1:${port}`
  const audience = 'evergrant-test'
  const jwksUri = `${issuer}/jwks`
  const sign: TestIssuer['sign'] = async (sub, { scope, expiresIn = 3600 } = {}) => {
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT(scope === undefined ? {} : { scope })
      .setProtectedHeader({ alg: 'ES256', kid: 'test' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresIn)
      .sign(privateKey)
  }
  return {
    issuer,
    audience,
    jwksUri,
    authenticator: createAuthenticator({ issuer, audience, jwksUri }),
    sign,
    bearer: async (sub, claims) => `Bearer ${await sign(sub, claims)}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
