import { randomUUID } from 'node:crypto'
import { connectEventBus } from '@evergrant/event-bus'
import { openDatabase } from '@evergrant/event-store'
import { UndefinedGuard } from '@evergrant/schema-verification'
import {
  createBreakerMetrics,
  createHealth,
  createLogger,
  createMetrics,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { noJournal, openVendJournal } from './adapters/audit/vend-journal.ts'
import { loadSealedTokens } from './adapters/envelope/sealed-tokens.ts'
import { openKeyEncryption } from './adapters/vault/open-key-encryption.ts'
import type { TokenConfig } from './config.ts'
import { UserOauthToken } from './projections/user-oauth-token.ts'

export const name = 'token-service'
export const version = '0.1.0'
/** Time, ids and randomness come in here and nowhere else. */
const clock = systemClock
const ids = uuidv7Ids
const random = Math.random
const elapsedMs = () => performance.now()

export type Outside = Awaited<ReturnType<typeof openOutside>>

/** Everything that exists without us: time, key files, database, bus. */
export async function openOutside(config: TokenConfig) {
  const logger = createLogger({ name, level: config.LOG_LEVEL })
  const metrics = createMetrics(name)
  const breakerMetrics = createBreakerMetrics(metrics)
  const keys = await openKeyEncryption(
    {
      ringFile: config.VAULT_KEY_RING_FILE,
      kmsKey: config.VAULT_KMS_KEY,
      kmsApiUrl: config.VAULT_KMS_API_URL,
    },
    { elapsedMs, metrics: breakerMetrics },
  )
  const sealedTokens = await loadSealedTokens(config.TOKEN_SEALING_PRIVATE_KEY_FILE)
  const database = await openDatabase({
    url: config.DATABASE_URL,
    entities: [UserOauthToken],
    subscribers: [new UndefinedGuard()],
    applicationName: name,
  })
  return {
    clock,
    ids,
    random,
    elapsedMs,
    logger,
    keys,
    journal:
      config.VEND_JOURNAL_DIR === undefined || config.INSTANCE_ID === undefined
        ? noJournal
        : openVendJournal({ folder: config.VEND_JOURNAL_DIR, instanceId: config.INSTANCE_ID, ids }),
    sealedTokens,
    database,
    bus: await connectEventBus({ url: config.NATS_URL, name, clock }),
    metrics,
    breakerMetrics,
    health: createHealth({ clock }),
    holder: { instanceId: config.INSTANCE_ID ?? randomUUID(), bootId: randomUUID() },
    onError: (what: string) => (error: unknown) => logger.warn({ err: error }, what),
  }
}
