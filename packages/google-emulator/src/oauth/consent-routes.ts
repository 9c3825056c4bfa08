import { digest, newSecret } from '../fingerprint.ts'
import { type Call, formOf, html, type Reply } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import type { Grant } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import { ensureAccount } from './accounts.ts'
import {
  AuthorizationRefused,
  type AuthorizationRequest,
  ConsentRefused,
  parseAuthorizationRequest,
} from './authorization-request.ts'
import { consentPage, refusalPage } from './consent-page.ts'
import { policyPages } from './consent-script.ts'
import { forgetLongExpired, grantScopes, liveGrant, liveRefreshTokensOf } from './grants.ts'
import { isIdentityScope } from './scopes.ts'

const codeMs = 10 * 60 * 1000

/** The consent page and its answer. */
export function consentRoutes(world: World): Route[] {
  return [
    route('GET', '/o/oauth2/v2/auth', (call) => showConsent(world, call.query)),
    route('POST', '/o/oauth2/v2/auth', (call) => answerConsent(world, call)),
  ]
}

function showConsent(world: World, query: URLSearchParams): Reply {
  return refusable(world, () => {
    const request = parseAuthorizationRequest(query, world.client)
    return html(200, consentPage(request, query, [...world.state.accounts.values()]))
  })
}

function answerConsent(world: World, call: Call): Reply {
  const form = formOf(call)
  return refusable(world, () => {
    const request = parseAuthorizationRequest(form, world.client)
    if (form.get('decision') !== 'allow') {
      throw new AuthorizationRefused('access_denied', request, 'The user denied access.')
    }
    const email = form.get('typed_email')?.trim() || form.get('email') || request.loginHint || ''
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new ConsentRefused('invalid_request', 'Choose an account.')
    refuseAsScripted(world, request, email.toLowerCase())
    const ticked = new Set(form.getAll('granted_scope'))
    const granted = request.scopes.filter((scope) => isIdentityScope(scope) || ticked.has(scope))
    const { code, scopes } = issueCode(world, request, { email, granted })
    return redirect(request.redirectUri, {
      state: request.state,
      iss: world.issuer,
      code,
      scope: scopes.join(' '),
      authuser: '0',
      prompt: request.prompts.includes('consent') ? 'consent' : 'none',
    })
  })
}

/** @throws ConsentRefused | AuthorizationRefused */
function refuseAsScripted(world: World, request: AuthorizationRequest, email: string): void {
  const scripted = world.consents.next(email)
  if (!scripted) return
  const { status, message } = policyPages[scripted.error] ?? { status: 400, message: scripted.error }
  if (scripted.shownTo === 'client') throw new AuthorizationRefused(scripted.error, request, message)
  throw new ConsentRefused(scripted.error, message, status)
}

function issueCode(
  world: World,
  request: AuthorizationRequest,
  answer: { readonly email: string; readonly granted: readonly string[] },
) {
  const { state, client } = world
  const { sub } = ensureAccount(state, answer.email, world.clock.now())
  const before = liveGrant(state, sub, client.clientId)
  const grant = grantScopes(state, { sub, clientId: client.clientId, scopes: answer.granted }, nowMs(world))
  const scopes = request.includeGrantedScopes ? grant.scopes : answer.granted
  const code = newSecret('4/0AeMu')
  forgetLongExpired(state.codes, nowMs(world))
  state.codes.set(digest(code), {
    grantId: grant.id,
    scopes,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    nonce: request.nonce,
    issuesRefreshToken:
      request.offline && (request.prompts.includes('consent') || !hasRefreshToken(world, before)),
    expiresAt: nowMs(world) + codeMs,
    usedAt: null,
  })
  state.changed.add('access')
  return { code, scopes }
}

/** Google hands out a refresh token on the first consent only, unless consent is forced. */
const hasRefreshToken = (world: World, grant: Grant | undefined) =>
  grant !== undefined && liveRefreshTokensOf(world.state, grant.id, nowMs(world)).length > 0

function refusable(world: World, answer: () => Reply): Reply {
  try {
    return answer()
  } catch (error) {
    if (error instanceof ConsentRefused) return html(error.status, refusalPage(error))
    if (!(error instanceof AuthorizationRefused)) throw error
    const { code, state, redirectUri, message } = error
    return redirect(redirectUri, { error: code, error_description: message, state, iss: world.issuer })
  }
}

/** 303: a POSTed consent form must not be posted on to the client. `iss` is RFC 9207's answer to mix-up attacks. */
function redirect(to: string, parameters: Readonly<Record<string, string | null>>): Reply {
  const url = new URL(to)
  for (const [name, value] of Object.entries(parameters))
    if (value !== null) url.searchParams.set(name, value)
  return { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } }
}
