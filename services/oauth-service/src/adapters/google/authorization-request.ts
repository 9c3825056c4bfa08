import {
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  calculatePKCECodeChallenge,
  type PushedAuthorizationRequestOptions,
  processPushedAuthorizationResponse,
  pushedAuthorizationRequest,
} from 'oauth4webapi'
import type { ConsentQuestion } from '../../application/ports.ts'
import { pushError } from './provider-errors.ts'

type Guarded = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>

export interface Asking {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly auth: ClientAuth
  readonly redirectUri: string
  readonly options: PushedAuthorizationRequestOptions
  readonly guard: Guarded
}

/** Where the browser goes. The request is pushed where the server takes it (RFC 9126): then neither the browser nor what sees
 * its addresses can read or change it.
 * @throws DomainError `google_unavailable`, `client_misconfigured`. */
export async function authorizationUrl(
  asking: Asking,
  question: ConsentQuestion & { readonly prompt?: 'none' },
): Promise<string> {
  const { server, client } = asking
  const parameters = await parametersOf(asking, question)
  const url = new URL(server.authorization_endpoint ?? '')
  const shown =
    server.pushed_authorization_request_endpoint === undefined
      ? parameters
      : { client_id: client.client_id, request_uri: await push(asking, parameters) }
  for (const [name, value] of Object.entries(shown)) url.searchParams.set(name, value)
  return url.href
}

async function parametersOf(
  { client, redirectUri }: Asking,
  question: ConsentQuestion & { readonly prompt?: 'none' },
): Promise<Record<string, string>> {
  const prompt = question.prompt ?? (question.forceConsent ? 'consent' : undefined)
  return {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: question.scopes.join(' '),
    state: question.state,
    nonce: question.nonce,
    code_challenge: await calculatePKCECodeChallenge(question.verifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
    include_granted_scopes: 'true',
    ...(prompt === undefined ? {} : { prompt }),
    ...(question.loginHint === null ? {} : { login_hint: question.loginHint }),
  }
}

async function push(asking: Asking, parameters: Record<string, string>): Promise<string> {
  const { server, client, auth, options, guard } = asking
  let httpStatus: number | null = null
  const failed = (error: unknown) => pushError(error, httpStatus)
  try {
    return await guard(async (signal) => {
      try {
        const response = await pushedAuthorizationRequest(server, client, auth, parameters, {
          ...options,
          signal,
        })
        httpStatus = response.status
        const { request_uri } = await processPushedAuthorizationResponse(server, client, response)
        return request_uri
      } catch (error) {
        throw failed(error)
      }
    })
  } catch (error) {
    throw failed(error)
  }
}
