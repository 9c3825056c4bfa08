import { type SetupCheck, setupChecks } from '../domain/setup-checks.ts'
import type {
  AuthorizationSecrets,
  ConsentProvider,
  KnownGrants,
  ProviderConfiguration,
  SecretBox,
  TokenSeal,
} from './ports.ts'

export interface CheckSetupDeps {
  readonly provider: ConsentProvider
  readonly knownGrants: KnownGrants
  readonly secrets: AuthorizationSecrets
  readonly secretBox: SecretBox
  readonly tokenSeal: TokenSeal
}

export interface SetupReport {
  readonly configuration: ProviderConfiguration
  readonly checks: readonly SetupCheck[]
  /** Nothing is known that would keep a first user from connecting. */
  readonly ready: boolean
}

/** Whether a first user will succeed, and if not, why. Asks Google, at most every half minute. */
export async function checkSetup(deps: CheckSetupDeps): Promise<SetupReport> {
  const [configuration, refreshTokensEnd, secretsReadable] = await Promise.all([
    deps.provider.configuration(),
    deps.knownGrants.newestHasEnd(),
    areSecretsReadable(deps),
  ])
  const sealingKeyThumbprint = deps.tokenSeal.keyThumbprint
  const checks = setupChecks({ ...configuration, refreshTokensEnd, sealingKeyThumbprint, secretsReadable })
  return { configuration, checks, ready: checks.every(({ status }) => status !== 'failed') }
}

/** Reads what any replica encrypted last: a replica with another key file shows here, before it fails a callback. */
async function areSecretsReadable({ secretBox, secrets }: CheckSetupDeps): Promise<boolean | null> {
  const newest = await secrets.newestSealedNonce()
  if (!newest) return null
  try {
    secretBox.open(newest.sealedNonce, { authorizationId: newest.authorizationId, field: 'nonce' })
    return true
  } catch {
    return false
  }
}
