import { grantScopes, issueAccessToken, issueRefreshToken, liveGrant, revokeGrant } from '../oauth/grants.ts'
import { canonicalScopes } from '../oauth/scopes.ts'
import { nowMs, type World } from '../world.ts'
import type { AccessControl } from './control.ts'
import { accountOf } from './known.ts'

/** Grants, tokens and the time they live by. */
export function accessControl(world: World): AccessControl {
  const { state, clock, client } = world
  return {
    revokeGrant(email: string) {
      const grant = liveGrant(state, accountOf(world, email).sub, client.clientId)
      if (grant) revokeGrant(state, grant, nowMs(world))
      return { revoked: grant !== undefined }
    },
    expireAccessTokens(email: string) {
      const grant = liveGrant(state, accountOf(world, email).sub, client.clientId)
      for (const [key, token] of state.accessTokens) {
        if (token.grantId === grant?.id) state.accessTokens.set(key, { ...token, expiresAt: nowMs(world) })
      }
      state.changed.add('access')
    },
    issueTokens({ email, scopes }: { email: string; scopes: readonly string[] }) {
      const { sub } = accountOf(world, email)
      const asked = canonicalScopes(scopes)
      const grant = grantScopes(state, { sub, clientId: client.clientId, scopes: asked }, nowMs(world))
      const from = { grantId: grant.id, scopes: asked }
      const accessToken = issueAccessToken(state, { ...from, offline: true }, nowMs(world))
      return { accessToken, refreshToken: issueRefreshToken(state, from, nowMs(world)) }
    },
    advanceClock: (seconds: number) => moved(world, () => clock.advance(seconds)),
    freezeClock: (at?: Date) => moved(world, () => clock.freeze(at)),
    resumeClock: () => moved(world, () => clock.resume()),
  }
}

function moved({ state, clock }: World, move: () => void): Date {
  move()
  state.changed.add('access')
  return clock.now()
}
