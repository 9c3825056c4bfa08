import type { createLogger } from '@evergrant/service-runtime'
import { startClocks } from './clocks.ts'
import type { TokenConfig } from './config.ts'
import { createCore, type TokenServiceOptions } from './core.ts'
import { accessTokenService } from './entry-points/bus/access-token-service.ts'
import { createApp } from './http-app.ts'
import { openOutside, version } from './outside.ts'

export type { TokenServiceOptions } from './core.ts'

export interface TokenService {
  readonly url: string
  readonly logger: ReturnType<typeof createLogger>
  stop(): Promise<void>
}

/** Wires and starts one replica.
 * @throws DomainError `database_unavailable`, `key_ring_unreadable` or `sealing_key_unreadable`: without these nothing works. */
export async function startTokenService(
  config: TokenConfig,
  options: TokenServiceOptions = {},
): Promise<TokenService> {
  const outside = await openOutside(config)
  const core = createCore(config, options, outside)
  const { exchange } = core
  const { bus, database, logger } = outside

  const clocks = startClocks(config, outside, core)
  const app = createApp(config, outside, core, clocks.revocations.hurry)
  await exchange.start()
  await core.schemaWatch.start()
  const serving = await bus.serve(
    accessTokenService({
      ...core.vend,
      demand: core.schemaWatch.schema.demand,
      version,
      newId: () => outside.ids.next(),
      onDefect: outside.onError('a vend over NATS failed'),
    }),
  )
  const url = await app.listen({ host: config.HOST, port: config.PORT })

  let stopping: Promise<void> | undefined
  /** Callers first, then what works for them, then the road, then the truth. */
  const shutDown = async () => {
    outside.health.drain()
    await app.close()
    await serving.stop()
    await clocks.watching.stop()
    await clocks.refreshes.stop()
    await clocks.revocations.stop()
    await clocks.rotations.stop()
    await clocks.forgetting.stop()
    await clocks.resuming
    await core.freshness.drain()
    await core.signals.stop()
    await core.schemaWatch.stop()
    await exchange.stop()
    await core.vendLog.stop()
    core.vend.warmTokens.forgetAll()
    await bus.close()
    await database.close()
  }
  return {
    url,
    logger,
    stop: () => {
      stopping ??= shutDown()
      return stopping
    },
  }
}
