import type { ScriptedConsent } from '../oauth/consent-script.ts'
import { grantScopes, issueAccessToken, issueRefreshToken, liveGrant, revokeGrant } from '../oauth/grants.ts'
import { canonicalScopes } from '../oauth/scopes.ts'
import { nowMs, type World } from '../world.ts'
import { accountOf } from './known.ts'

export interface AccessControl {
  /** As if the person had removed the application in their Google account. */
  revokeGrant(email: string): { revoked: boolean }
  /** Ends all access tokens of an account now; refresh tokens stay. */
  expireAccessTokens(email: string): void
  /** Tokens without consent, for tests that need a caller and nothing else. */
  issueTokens(to: { email: string; scopes: readonly string[] }): { accessToken: string; refreshToken: string }
  /** Puts the consent screen into testing mode: refresh tokens issued from now on die after seven days. */
  setTestingMode(testing: boolean): void
  /** Lets a consent end with an error, as an organization's policy would. */
  scriptConsent(consent: ScriptedConsent): void
  advanceClock(seconds: number): Date
  freezeClock(at?: Date): Date
  resumeClock(): Date
}

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
      const { testing } = world.publishing
      return { accessToken, refreshToken: issueRefreshToken(state, { ...from, testing }, nowMs(world)).token }
    },
    setTestingMode(testing: boolean) {
      world.publishing.testing = testing
    },
    scriptConsent: (consent) => world.consents.add(consent),
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
