import type { Clock, DomainError } from '@evergrant/decider'
import {
  type AuthorizationServer,
  type allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  processAuthorizationCodeResponse,
  ResponseBodyError,
  type TokenEndpointResponse,
  validateApplicationLevelSignature,
} from 'oauth4webapi'
import type { ConsentAnswer } from '../../application/ports.ts'
import type { ClockSkew } from './clock-skew.ts'
import { exchangeError, isAboutPolicy } from './provider-errors.ts'

export interface Exchange {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly auth: ClientAuth
  readonly redirectUri: string
  readonly options: { readonly [allowInsecureRequests]: boolean }
  readonly guard: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>
  readonly clock: Clock
  readonly skew: ClockSkew
}

export type Exchanged =
  | { readonly tokens: TokenEndpointResponse; readonly receivedAt: Date }
  /** An administrator's policy, told only now. */
  | { readonly refused: string }

/** Spends the code, once.
 * @throws DomainError `google_unavailable`, `client_misconfigured`, `code_rejected`, `id_token_invalid`, `exchange_failed`. */
export async function exchangeCode(
  { server, client, auth, redirectUri, options, guard, clock, skew }: Exchange,
  parameters: URLSearchParams,
  { verifier, nonce }: Pick<ConsentAnswer, 'verifier' | 'nonce'>,
): Promise<Exchanged> {
  let httpStatus: number | null = null
  const receivedAt = clock.now()
  const failed = (error: unknown): DomainError => exchangeError(error, httpStatus)
  const work = async (signal: AbortSignal): Promise<Exchanged> => {
    const request = { ...options, signal }
    const response = await authorizationCodeGrantRequest(
      server,
      client,
      auth,
      parameters,
      redirectUri,
      verifier,
      request,
    )
    httpStatus = response.status
    skew.learn(response, receivedAt)
    const checks = { expectedNonce: nonce, requireIdToken: true }
    const tokens = await processAuthorizationCodeResponse(server, client, response, checks)
    await validateApplicationLevelSignature(server, response, request)
    return { tokens, receivedAt }
  }
  try {
    return await guard((signal) =>
      work(signal).catch((error: unknown) => {
        if (error instanceof ResponseBodyError && isAboutPolicy(error.error)) return { refused: error.error }
        throw failed(error)
      }),
    )
  } catch (error) {
    throw failed(error)
  }
}
