import { errors } from 'jose'
import { type Call, formOf, ok, type Reply } from '../http/call.ts'
import { GoogleError, oauthError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { nowMs, type World } from '../world.ts'
import { grantOfToken, liveAccessToken, revokeGrant } from './grants.ts'
import { userClaims } from './user-claims.ts'

/** Asking about tokens and ending them: tokeninfo, userinfo, revoke. */
export function tokenStatusRoutes(world: World): Route[] {
  return [
    route('GET', '/tokeninfo', (call) => tokenInfo(world, call.query)),
    route('POST', '/tokeninfo', (call) => tokenInfo(world, merged(call))),
    route('GET', '/v1/userinfo', (call) => userInfo(world, call)),
    route('POST', '/revoke', (call) => revoke(world, merged(call))),
  ]
}

/** Google takes these parameters from the query as well as from the body. */
const merged = (call: Call) => new URLSearchParams([...call.query, ...formOf(call)])

async function tokenInfo(world: World, parameters: URLSearchParams): Promise<Reply> {
  const idToken = parameters.get('id_token')
  if (idToken) return ok(await idTokenInfo(world, idToken))
  const live = liveAccessToken(world.state, parameters.get('access_token') ?? '', nowMs(world))
  if (!live) throw invalidValue()
  const { accessToken, grant, account } = live
  const { sub, ...claims } = userClaims(account, accessToken.scopes)
  return ok({
    azp: grant.clientId,
    aud: grant.clientId,
    sub,
    scope: accessToken.scopes.join(' '),
    exp: String(Math.floor(accessToken.expiresAt / 1000)),
    expires_in: String(Math.floor((accessToken.expiresAt - nowMs(world)) / 1000)),
    ...claims,
    ...('email_verified' in claims && { email_verified: 'true' }),
    access_type: accessToken.offline ? 'offline' : 'online',
  })
}

const invalidValue = () => oauthError(400, 'invalid_token', 'Invalid Value')

async function idTokenInfo(world: World, token: string): Promise<object> {
  try {
    return await world.signingKey.verify(token, { issuer: world.issuer, now: world.clock.now() })
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalidValue()
    throw error
  }
}

function userInfo(world: World, call: Call): Reply {
  const token = /^Bearer\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  const live = token === undefined ? undefined : liveAccessToken(world.state, token, nowMs(world))
  if (!live) {
    const body = { error: 'invalid_request', error_description: 'Invalid Credentials' }
    throw new GoogleError(401, 'Invalid Credentials', body, {
      'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    })
  }
  return ok(userClaims(live.account, live.accessToken.scopes))
}

/** RFC 7009, Google's way: any token of a grant ends all of it, and a dead token is an error. */
function revoke(world: World, parameters: URLSearchParams): Reply {
  const token = parameters.get('token')
  if (!token) throw oauthError(400, 'invalid_request', 'Missing required parameter: token')
  const grant = grantOfToken(world.state, token)
  if (!grant || grant.revokedAt !== null) throw oauthError(400, 'invalid_token', 'Token expired or revoked')
  revokeGrant(world.state, grant, nowMs(world))
  return ok({})
}
