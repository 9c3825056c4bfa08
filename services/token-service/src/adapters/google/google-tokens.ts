import { type Clock, DomainError } from '@evergrant/decider'
import { type BreakerMetrics, createBreaker } from '@evergrant/service-runtime'
import * as oauth from 'oauth4webapi'
import type { ProviderTokens, RefreshAnswer, RevocationAnswer } from '../../application/ports.ts'
import { classifyFailure } from '../../domain/failure-class.ts'
import type { GoogleClock } from './google-clock.ts'
import { type GoogleDiscovery, insecureOnLoopback } from './google-discovery.ts'
import { answerFrom, retryAfterSecondsOf } from './token-endpoint-answer.ts'

export interface GoogleTokensOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly discovery: GoogleDiscovery
  readonly googleClock: GoogleClock
  readonly clock: Clock
  readonly deadlineMs: number
  readonly metrics: BreakerMetrics
}

/** How long an open breaker of the token endpoint stays open. */
const pauseSeconds = 10

/** Carries an answer that says Google is ill, or our client is, through the breaker. */
class IllAnswer extends Error {
  readonly answer: Extract<RefreshAnswer, { ok: false }>

  constructor(answer: Extract<RefreshAnswer, { ok: false }>) {
    super('Google did not refresh')
    this.answer = answer
  }
}

/** Google's token and revocation endpoints, each behind its own breaker and deadline. No retries here: refresh policy
 * is one, and it is ours. */
export function createGoogleTokens(options: GoogleTokensOptions): ProviderTokens {
  const { clientId, clientSecret, discovery, googleClock, clock, deadlineMs, metrics } = options
  const client: oauth.Client = { client_id: clientId }
  const isFailure = (error: unknown) => !(error instanceof DomainError)
  const tokenBreaker = createBreaker({
    name: 'google.token',
    timeoutMs: deadlineMs,
    resetMs: pauseSeconds * 1000,
    isFailure,
    metrics,
  })
  const revokeBreaker = createBreaker({ name: 'google.revoke', timeoutMs: deadlineMs, isFailure, metrics })

  const askForTokens = async (refreshToken: string, signal: AbortSignal): Promise<RefreshAnswer> => {
    const server = await discovery.endpoints().catch(() => undefined)
    if (!server) throw new IllAnswer(unanswered('discovery_failed'))
    const startedOurs = clock.now()
    const startedTheirs = googleClock.now()
    const response = await oauth
      .refreshTokenGrantRequest(server, client, authenticationFor(server, clientSecret), refreshToken, {
        signal,
        ...insecureOnLoopback(new URL(server.issuer)),
      })
      .catch((error: unknown) => {
        throw new IllAnswer(unanswered(wasNeverSent(error) ? 'not_sent' : 'no_answer'))
      })
    googleClock.observe(response, startedOurs)
    const answer = await answerFrom(response, startedTheirs).catch(() => unanswered('answer_cut'))
    if (!answer.ok && !isAboutTheUser(answer)) throw new IllAnswer(answer)
    return answer
  }

  return {
    now: () => googleClock.now(),
    pausedForSeconds: () => (tokenBreaker.state() === 'open' ? pauseSeconds : null),
    refresh: async (refreshToken) => {
      try {
        return await tokenBreaker.run((signal) => askForTokens(refreshToken, signal))
      } catch (error) {
        return error instanceof IllAnswer ? error.answer : refusedByBreaker(error)
      }
    },
    revoke: async (token) => {
      try {
        return await revokeBreaker.run(async (signal) => {
          const server = await discovery.endpoints()
          const response = await oauth.revocationRequest(
            server,
            client,
            authenticationFor(server, clientSecret),
            token,
            { signal, ...insecureOnLoopback(new URL(server.issuer)) },
          )
          return revocationFrom(response)
        })
      } catch (error) {
        const retryAfterSeconds =
          error instanceof DomainError ? (error.context.retryAfterSeconds ?? null) : null
        return { settled: null, httpStatus: null, retryAfterSeconds }
      }
    },
  }
}

/** `post` unless only `basic` is offered: Google takes both, and some stand-ins only one. */
function authenticationFor(server: oauth.AuthorizationServer, secret: string): oauth.ClientAuth {
  const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return offered.includes('client_secret_post')
    ? oauth.ClientSecretPost(secret)
    : oauth.ClientSecretBasic(secret)
}

function unanswered(error: string): Extract<RefreshAnswer, { ok: false }> {
  return {
    ok: false,
    evidence: { httpStatus: null, error, errorSubtype: null },
    retryAfterSeconds: null,
  }
}

/** A dead grant is no illness of Google's; it must not open the breaker for everyone else. */
function isAboutTheUser(answer: Extract<RefreshAnswer, { ok: false }>): boolean {
  const failureClass = classifyFailure(answer.evidence)
  return failureClass === 'revoked' || failureClass === 'reauthorization_policy'
}

function refusedByBreaker(error: unknown): RefreshAnswer {
  if (!(error instanceof DomainError)) throw error
  const open = error.code === 'dependency_unavailable'
  return {
    ...unanswered(open ? 'circuit_open' : 'timed_out'),
    retryAfterSeconds: open ? (error.context.retryAfterSeconds ?? null) : null,
  }
}

/** Errors of connecting: Google cannot have seen the request. */
function wasNeverSent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (
      'code' in at &&
      /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(String(at.code))
    )
      return true
  }
  return false
}

/** RFC 7009 §2.2: 200 is revoked; Google answers 400 `invalid_token` for one that is gone already. */
async function revocationFrom(response: Response): Promise<RevocationAnswer> {
  if (response.ok) return { settled: 'revoked' }
  const text = await response.text()
  if (response.status === 400 && /"invalid_token"/.test(text)) return { settled: 'already_gone' }
  return { settled: null, httpStatus: response.status, retryAfterSeconds: retryAfterSecondsOf(response) }
}
