import { createServer } from 'node:http'
import type { JWK } from 'jose'
import { publicPart } from '../data-directory/secrets.ts'
import { stackErrors } from '../errors.ts'

export const developmentAudience = 'evergrant'

export interface DevelopmentIssuer {
  readonly issuer: string
  readonly jwksUri: string
  stop(): Promise<void>
}

/** Publishes the public half of the key the CLI signs development JWTs with; on loopback, where only this machine
 * can ask. The private half stays in the secrets folder. */
export function startDevelopmentIssuer(port: number, key: JWK): Promise<DevelopmentIssuer> {
  const issuer = `http://127.0.0.1:${port}`
  const jwksUri = `${issuer}/.well-known/jwks.json`
  const documents: Record<string, unknown> = {
    '/.well-known/jwks.json': { keys: [publicPart(key)] },
    '/.well-known/openid-configuration': {
      issuer,
      jwks_uri: jwksUri,
      id_token_signing_alg_values_supported: ['ES256'],
    },
  }
  const server = createServer((request, response) => {
    const document = request.method === 'GET' ? documents[request.url ?? ''] : undefined
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(stackErrors.port_taken({ message: `port ${port} is taken by another program`, cause })),
    )
    server.listen(port, '127.0.0.1', () =>
      resolve({
        issuer,
        jwksUri,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped())
            server.closeAllConnections()
          }),
      }),
    )
  })
}
