import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requiredScopes, services } from '@evergrant/event-contracts'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'

/** The OpenID certified `oidc-provider`: pushed requests only, PKCE only, rotating refresh tokens. */
export interface StrictProvider {
  readonly issuer: string
  readonly client: { readonly id: string; readonly secret: string }
  /** Whether it gives refresh tokens. */
  lasting: boolean
  /** Plays the person: signs in, ticks, or denies; gives back where the browser is sent then. */
  answer(authorizationUrl: string, person: Person): Promise<string>
  close(): Promise<void>
}

interface Person {
  readonly email: string
  readonly deny?: boolean
  /** Ticks only these; all by default. */
  readonly scopes?: readonly string[]
}

const client = { id: 'evergrant', secret: 'a secret of the strict provider' }
const personHeader = 'x-person'
const offered = services.flatMap((service) => [...requiredScopes(service, 'read')])

export async function startStrictProvider(redirectUri: string): Promise<StrictProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const strict: StrictProvider = {
    issuer,
    client,
    lasting: true,
    answer: (url, person) => followAs(issuer, url, person),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  const provider = new Provider(issuer, await configurationOf(strict, redirectUri))
  const callback = provider.callback()
  server.on('request', (request, response) => {
    const answered = request.url?.startsWith('/interaction/')
      ? interact(provider, request, response)
      : callback(request, response)
    answered.catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  return strict
}

async function configurationOf(strict: StrictProvider, redirectUri: string): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'k1' }] },
    cookies: { keys: ['a cookie key for tests'] },
    scopes: ['openid', ...offered],
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
    issueRefreshToken: () => strict.lasting,
    rotateRefreshToken: true,
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, RefreshToken: 600, IdToken: 600 },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  }
}

/** Sign-in and consent, answered by what the person's header says. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const person = JSON.parse(String(request.headers[personHeader])) as Person
  const { prompt, params } = await provider.interactionDetails(request, response)
  if (person.deny) {
    const refusal = { error: 'access_denied', error_description: 'the person said no' }
    return provider.interactionFinished(request, response, refusal)
  }
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: person.email } })
  }
  const grant = new provider.Grant({ accountId: person.email, clientId: client.id })
  const asked = String(params.scope).split(' ')
  const unticked = asked.filter(
    (scope) => offered.includes(scope) && !(person.scopes ?? offered).includes(scope),
  )
  grant.addOIDCScope(asked.filter((scope) => !unticked.includes(scope)).join(' '))
  if (unticked.length > 0) grant.rejectOIDCScope(unticked.join(' '))
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

/** A browser of its own: the provider's cookies, and redirects as long as they stay there. */
async function followAs(issuer: string, start: string, person: Person): Promise<string> {
  const cookies = new Map<string, string>()
  let url = start
  for (let hops = 0; hops < 10; hops++) {
    if (!url.startsWith(issuer)) return url
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        [personHeader]: JSON.stringify(person),
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null)
      throw new Error(`the provider answered ${response.status}: ${await response.text()}`)
    url = new URL(location, url).href
  }
  throw new Error('the provider redirects for ever')
}
