import { type EventStore, type FactMetadata, handleCommand } from '@evergrant/event-store'
import { type AuthorizationState, authorization, authorizationStream } from '../domain/authorization.ts'
import { oauthErrors } from '../domain/errors.ts'
import { type LoadedAuthorization, loadAuthorization, metadataOfStep } from './load-authorization.ts'
import type {
  AuthorizationSecrets,
  ConsentAnswer,
  ConsentProvider,
  OneTimeSecrets,
  SecretBox,
} from './ports.ts'
import { type RecordOutcomeDeps, recordOutcome } from './record-outcome.ts'

export interface ReceiveCallbackDeps extends RecordOutcomeDeps {
  readonly store: EventStore
  readonly secrets: AuthorizationSecrets
  readonly oneTimeSecrets: OneTimeSecrets
  readonly secretBox: SecretBox
  readonly provider: ConsentProvider
}

export interface Callback {
  readonly parameters: URLSearchParams
  /** The secrets this browser was given by the links it opened. */
  readonly browserSecrets: readonly string[]
}

/** Takes Google's answer: once, from the browser that was sent, and to its end.
 * @throws DomainError `callback_malformed`, `callback_unknown`, `callback_foreign_browser`, `callback_already_used`,
 * `authorization_expired`; in all these cases nothing was changed. */
export async function receiveCallback(
  deps: ReceiveCallbackDeps,
  callback: Callback,
  request: FactMetadata,
): Promise<AuthorizationState> {
  const state = stateOf(callback.parameters)
  const fingerprint = deps.oneTimeSecrets.fingerprint(state)
  const found = await deps.secrets.findByState(fingerprint)
  if (!found) throw oauthErrors.callback_unknown()
  const { authorizationId } = found
  // RFC 9700 2.1: an answer brought by another browser may be an attacker's code slipped to a victim, or the reverse.
  const ours = callback.browserSecrets.map((secret) => deps.oneTimeSecrets.fingerprint(secret))
  if (!ours.includes(found.browserFingerprint)) throw oauthErrors.callback_foreign_browser()

  const loaded = await loadAuthorization(deps.store, authorizationId)
  const secrets = await redeemState(deps, { authorizationId, fingerprint }, loaded, request)
  const answer = (): ConsentAnswer => ({
    parameters: callback.parameters,
    state,
    verifier: deps.secretBox.open(secrets.sealedVerifier, { authorizationId, field: 'verifier' }),
    nonce: deps.secretBox.open(secrets.sealedNonce, { authorizationId, field: 'nonce' }),
    scopes: loaded.state.scopes,
  })
  const exchange = () => deps.provider.complete(answer())
  return recordOutcome(deps, { loaded, request, answerId: fingerprint, exchange })
}

/** The decision and the single-use mark commit together, before the code is spent: of two copies of one answer, one gets through. */
async function redeemState(
  deps: ReceiveCallbackDeps,
  { authorizationId, fingerprint }: { readonly authorizationId: string; readonly fingerprint: string },
  loaded: LoadedAuthorization,
  request: FactMetadata,
) {
  const now = deps.clock.now()
  let redeemed: { readonly sealedVerifier: string; readonly sealedNonce: string } | undefined
  await handleCommand(deps.store, {
    decider: authorization,
    streamType: 'authorization',
    streamId: authorizationStream(authorizationId),
    command: { type: 'ReceiveCallback', now },
    metadata: metadataOfStep(loaded, request, { kind: 'google' }),
    alongside: async (unit) => {
      redeemed = await deps.secrets.redeemState(unit, { fingerprint, now })
      if (!redeemed) throw oauthErrors.callback_already_used()
    },
  })
  if (!redeemed) throw oauthErrors.callback_already_used()
  return redeemed
}

/** Repeated parameters are refused (RFC 6749 3.1): two readers might pick different ones. */
function stateOf(parameters: URLSearchParams): string {
  const names = [...parameters.keys()]
  const state = parameters.get('state')
  const readable = new Set(names).size === names.length && state !== null && /^[\w-]{43}$/.test(state)
  if (!readable || (!parameters.get('code') && !parameters.get('error')))
    throw oauthErrors.callback_malformed()
  return state
}
