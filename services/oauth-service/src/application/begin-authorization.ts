import type { Clock } from '@evergrant/decider'
import { type EventStore, type FactMetadata, handleCommand } from '@evergrant/event-store'
import { authorization, authorizationStream, serviceScopes } from '../domain/authorization.ts'
import { oauthErrors } from '../domain/errors.ts'
import { needsFreshConsent } from '../domain/grants-of-user.ts'
import { type LoadedAuthorization, loadAuthorization, metadataOfStep } from './load-authorization.ts'
import type {
  AuthorizationSecrets,
  ConsentProvider,
  KnownGrants,
  OneTimeSecrets,
  SecretBox,
} from './ports.ts'

export interface BeginAuthorizationDeps {
  readonly store: EventStore
  readonly secrets: AuthorizationSecrets
  readonly oneTimeSecrets: OneTimeSecrets
  readonly secretBox: SecretBox
  readonly provider: ConsentProvider
  readonly knownGrants: KnownGrants
  readonly clock: Clock
}

/** Where the browser goes, and the secret it keeps to prove later that it is the same one. */
export interface BegunAuthorization {
  readonly location: string
  readonly browserSecret: string
}

/** Redeems the one-time link: binds this browser and sends it to Google.
 * @throws DomainError `authorization_not_found`, `authorization_link_used`, `authorization_expired`, `google_unavailable`. */
export async function beginAuthorization(
  deps: BeginAuthorizationDeps,
  link: { readonly authorizationId: string; readonly ticket: string },
  request: FactMetadata,
): Promise<BegunAuthorization> {
  const { oneTimeSecrets, secretBox, secrets } = deps
  const { authorizationId } = link
  const fingerprint = oneTimeSecrets.fingerprint(link.ticket)
  // First of all: whoever has no ticket learns nothing, not even that the authorization exists.
  if (!(await secrets.knowsTicket(authorizationId, fingerprint))) throw oauthErrors.authorization_not_found()
  const loaded = await loadAuthorization(deps.store, authorizationId)
  const { userId, scopes, loginHint } = loaded.state

  const state = oneTimeSecrets.create()
  const verifier = oneTimeSecrets.create()
  const nonce = oneTimeSecrets.create()
  const browserSecret = oneTimeSecrets.create()
  const forceConsent = mustForce(loaded.state) || (await wantsRefreshToken(deps, loaded.state))
  // Before the ticket is used up: while Google is away the link stays good.
  const question = { state, verifier, nonce, scopes, loginHint, forceConsent }
  const location = await deps.provider.authorizationUrl(question)

  const now = deps.clock.now()
  await handleCommand(deps.store, {
    decider: authorization,
    streamType: 'authorization',
    streamId: authorizationStream(authorizationId),
    command: { type: 'BindBrowser', now, consentForced: forceConsent },
    metadata: metadataOfStep(loaded, request, { kind: 'user', id: userId }),
    alongside: async (unit, _facts, after) => {
      if (after.status !== 'bound') return
      const binding = {
        browserFingerprint: oneTimeSecrets.fingerprint(browserSecret),
        stateFingerprint: oneTimeSecrets.fingerprint(state),
        sealedVerifier: secretBox.seal(verifier, { authorizationId, field: 'verifier' }),
        sealedNonce: secretBox.seal(nonce, { authorizationId, field: 'nonce' }),
        expiresAt: new Date(after.expiresAt),
      }
      const redeemed = await secrets.redeemTicket(unit, { authorizationId, fingerprint, now }, binding)
      if (!redeemed) throw oauthErrors.authorization_link_used()
    },
  })
  return { location, browserSecret }
}

type Known = LoadedAuthorization['state']

function mustForce(state: Known): boolean {
  return 'consentForced' in state && state.consentForced
}

async function wantsRefreshToken(
  { clock, knownGrants }: BeginAuthorizationDeps,
  { userId, loginHint, scopes }: Known,
): Promise<boolean> {
  const wish = { loginHint, scopes: serviceScopes(scopes) }
  return needsFreshConsent(await knownGrants.ofUser(userId), wish, clock.now())
}
