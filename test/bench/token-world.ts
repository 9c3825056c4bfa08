import { join } from 'node:path'
import { connectEventBus } from '@evergrant/event-bus'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { issuedFor, publishIssued, writeKeys } from '../../services/token-service/src/testing/token-issued.ts'
import { startOutside } from './outside.ts'
import { type NodeProcess, runToEnd, startService } from './service-process.ts'

/** One process of token-service and what it needs around it; oauth-service's part is played by hand. */
export async function startTokenWorld() {
  const outside = await startOutside()
  const { postgres, nats, google, folder } = outside
  const bus = await connectEventBus({ url: nats.url, name: 'oauth-service', clock: systemClock })
  const database = await openDatabase({ url: postgres.url, applicationName: 'bench' })
  const sql = sqlOf(database)
  let service: NodeProcess | undefined
  const stop = async () => {
    await service?.stop()
    await Promise.all([bus.close(), database.close()])
    await outside.stop()
  }
  try {
    await bus.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
    await sql('create role evergrant_service nologin')
    await runToEnd('token-service', { MIGRATOR_DATABASE_URL: postgres.url })
    const sealingKey = await writeKeys(folder)
    service = await startService('token-service', {
      ...outside.env,
      DATABASE_URL: postgres.url,
      TOKEN_SEALING_PRIVATE_KEY_FILE: join(folder, 'sealing.json'),
      VAULT_KEY_RING_FILE: join(folder, 'ring.json'),
    })
    const grant = async () => publishIssued(bus, await issuedFor(google, sealingKey, {}))
    return { google, bus, sql, grant, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
