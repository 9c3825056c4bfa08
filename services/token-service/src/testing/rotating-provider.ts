import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderPolicy } from '../domain/provider-policy.ts'
import { createProviderModel, type ProviderModel } from './provider-model.ts'

/** What the token endpoint has done with the request it is answering. */
export type ProviderStage = 'received' | 'processed' | 'answering'

/** A provider of one policy on a loopback port: discovery, and a token endpoint for the grants that were consented to. */
export async function startRotatingProvider(policy: ProviderPolicy) {
  const grants = new Map<string, ProviderModel>()
  const grantOf = (token: string): ProviderModel => {
    const model = grants.get(token.split('.', 1)[0] ?? '')
    if (!model) throw new Error('this provider issued no such token')
    return model
  }
  let reach: (stage: ProviderStage) => boolean = () => false
  let url = ''

  const answerToken = (form: URLSearchParams, response: ServerResponse): void => {
    if (reach('received')) return
    const refreshToken = form.get('refresh_token') ?? ''
    const answer = grantOf(refreshToken).spend(refreshToken, Date.now())
    if (reach('processed')) return
    const [status, body] = answer.ok
      ? [
          200,
          {
            access_token: answer.accessToken,
            token_type: 'Bearer',
            expires_in: 3600,
            scope: answer.scopes?.join(' '),
            ...(answer.refreshToken === null ? {} : { refresh_token: answer.refreshToken }),
          },
        ]
      : [400, { error: answer.evidence.error }]
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length })
    response.write(text.slice(0, 10))
    if (!reach('answering')) response.end(text.slice(10))
  }
  const server = createServer((request, response) => {
    if (request.url === '/token') {
      let body = ''
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => answerToken(new URLSearchParams(body), response))
      return
    }
    const metadata = {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    /** A user's consent to a grant of their own. */
    consent: () => {
      const name = `grant${grants.size + 1}`
      const model = createProviderModel(policy, () => 0.5, name)
      grants.set(name, model)
      return model.consent(Date.now())
    },
    works: (accessToken: string) => grantOf(accessToken).works(accessToken, Date.now()),
    /** Runs `act` the next time a request gets so far, and leaves that request without the rest of its answer. */
    once: (stage: ProviderStage, act: () => void) => {
      reach = (reached) => {
        if (reached !== stage) return false
        reach = () => false
        act()
        return true
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
