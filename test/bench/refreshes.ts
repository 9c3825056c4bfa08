import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectEventBus } from '@evergrant/event-bus'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { issuedFor, publishIssued, writeKeys } from '../../services/token-service/src/testing/token-issued.ts'
import { numberOption } from './option.ts'
import { startOutside } from './outside.ts'
import { type NodeProcess, runToEnd, startService } from './service-process.ts'

const grants = numberOption('due', 5_000)

/** One process of token-service with thousands of grants that all became due at once, against the emulator: how many it
 * refreshes in a second, the slow start after an outage (`refresh-pace.ts`) included. PostgreSQL keeps its fsync. */
export async function refreshes(): Promise<readonly string[]> {
  const outside = await startOutside()
  const { postgres, nats, google, folder } = outside
  const bus = await connectEventBus({ url: nats.url, name: 'oauth-service', clock: systemClock })
  const database = await openDatabase({ url: postgres.url, applicationName: 'bench' })
  const sql = sqlOf(database)
  let service: NodeProcess | undefined
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
    const countOf = async (what: string) => Number((await sql<{ n: string }>(what))[0]?.n)
    for (let grant = 0; grant < grants; grant++)
      await publishIssued(bus, await issuedFor(google, sealingKey, {}))
    await until(async () => (await countOf('select count(*) n from grant_state')) === grants)

    const began = performance.now()
    await sql(`update grant_schedule set due_at = now(), claimed_until = null where task = 'refresh'`)
    const left = `select count(*) n from grant_state where (state->>'generation')::int = 1`
    const halfAt = await until(async () => (await countOf(left)) <= grants / 2)
    const endAt = await until(async () => (await countOf(left)) === 0)
    const calls = google.requests({ method: 'POST', path: '/token' })
    const perSecond = (count: number, ms: number) => (count / (ms / 1_000)).toFixed(0)
    return [
      `${grants} grants due at once, one process: ${perSecond(grants, endAt - began)}/s, ${calls.length} calls`,
      `the second half, at full pace: ${perSecond(grants / 2, endAt - halfAt)}/s`,
    ]
  } finally {
    await service?.stop()
    await Promise.all([bus.close(), database.close()])
    await outside.stop()
  }
}

/** @returns when it held, as performance.now() counts. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  for (;;) {
    if (await holds()) return performance.now()
    await delay(50)
  }
}
