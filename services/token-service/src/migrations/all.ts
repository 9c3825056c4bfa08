import { eventStoreMigrations } from '@evergrant/event-store'
import { idempotencyMigrations } from '@evergrant/service-runtime'
import { UserOauthTokens } from './0001-user-oauth-tokens.ts'
import { GrantReadModels } from './0002-grant-read-models.ts'
import { Vault } from './0003-vault.ts'
import { VendLog } from './0004-vend-log.ts'
import { VaultRotation } from './0005-vault-rotation.ts'
import { VendChain } from './0006-vend-chain.ts'
import { GrantTroubles } from './0007-grant-troubles.ts'
import { RefreshTokensAlreadyHere } from './0008-refresh-tokens-already-here.ts'
import { RefreshTokenMarks } from './0009-refresh-token-marks.ts'
import { GrantSnapshots } from './0010-grant-snapshots.ts'
import { ForgettableVends } from './0011-forgettable-vends.ts'

/** In the order they run. */
export const migrations = [
  ...eventStoreMigrations,
  ...idempotencyMigrations,
  { name: '0001-user-oauth-tokens', class: UserOauthTokens },
  { name: '0002-grant-read-models', class: GrantReadModels },
  { name: '0003-vault', class: Vault },
  { name: '0004-vend-log', class: VendLog },
  { name: '0005-vault-rotation', class: VaultRotation },
  { name: '0006-vend-chain', class: VendChain },
  { name: '0007-grant-troubles', class: GrantTroubles },
  { name: '0008-refresh-tokens-already-here', class: RefreshTokensAlreadyHere },
  { name: '0009-refresh-token-marks', class: RefreshTokenMarks },
  { name: '0010-grant-snapshots', class: GrantSnapshots },
  { name: '0011-forgettable-vends', class: ForgettableVends },
]
