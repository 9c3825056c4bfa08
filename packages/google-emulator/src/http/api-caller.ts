import { liveAccessToken } from '../oauth/grants.ts'
import type { Api } from '../quota/quota-book.ts'
import type { Account } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import type { Call } from './call.ts'
import { googleError } from './google-error.ts'
import { quotaError } from './quota-error.ts'

const realm = 'Bearer realm="https://accounts.google.com/"'

export interface ApiMethod {
  /** Any one of these scopes is enough. */
  readonly scopes: readonly string[]
  readonly api: Api
  /** As in Google's error details: `calendar.v3.Events.List`. */
  readonly name: string
  /** What a call costs of the quota; one unit by default. */
  readonly units?: number
  /** Whether it counts as a write of the day. */
  readonly isWrite?: boolean
}

const services: Readonly<Record<Api, string>> = {
  calendar: 'calendar-json.googleapis.com',
  drive: 'drive.googleapis.com',
  gmail: 'gmail.googleapis.com',
}

export interface ApiAccess {
  readonly account: Account
  readonly scopes: readonly string[]
}

/** The account a bearer token speaks for.
 * @throws GoogleError 401 for a token nobody issued, expired or revoked; 403 when no scope fits; 403 or 429 when a
 * quota is used up */
export function apiCaller(world: World, call: Call, method: ApiMethod): Account {
  return apiAccess(world, call, method).account
}

/** The same, with all the token may do.
 * @throws GoogleError as `apiCaller` */
export function apiAccess(world: World, call: Call, method: ApiMethod): ApiAccess {
  const token = /^Bearer\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (token === undefined) throw unauthenticated('Login Required.', 'required', 'Request is missing required')
  const live = liveAccessToken(world.state, token, nowMs(world))
  if (!live) throw unauthenticated('Invalid Credentials', 'authError', 'Request had invalid')
  if (!method.scopes.some((scope) => live.accessToken.scopes.includes(scope))) throw insufficientScope(method)
  spendQuota(world, method, live.account)
  return { account: live.account, scopes: live.accessToken.scopes }
}

function spendQuota(world: World, { api, units = 1, isWrite = false }: ApiMethod, { sub }: Account): void {
  const refusal = world.quotas.spend({ api, sub, units, isWrite, now: nowMs(world) })
  if (refusal !== undefined) throw quotaError(api, world.quotas.limitsOf(api) ?? {}, refusal)
}

function unauthenticated(innerMessage: string, reason: string, beginning: string) {
  const message = `${beginning} authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.`
  const challenge = reason === 'required' ? realm : `${realm}, error="invalid_token"`
  return googleError(401, reason, message, {
    innerMessage,
    location: 'Authorization',
    locationType: 'header',
    status: 'UNAUTHENTICATED',
    headers: { 'www-authenticate': challenge },
  })
}

function insufficientScope(method: ApiMethod) {
  return googleError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    innerMessage: 'Insufficient Permission',
    status: 'PERMISSION_DENIED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        domain: 'googleapis.com',
        metadata: { service: services[method.api], method: method.name },
      },
    ],
    headers: {
      'www-authenticate': `${realm}, error="insufficient_scope", scope="${method.scopes.join(' ')}"`,
    },
  })
}
