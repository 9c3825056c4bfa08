import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectEventBus, type EventBus } from '@evergrant/event-bus'
import { contracts, encodeEvent, publication } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { systemClock } from '@evergrant/service-runtime'
import { createTestIssuer } from '@evergrant/service-runtime/testing'
import { startNatsServer, startPostgresServer } from '@evergrant/stack/testing'
import {
  issuedFor,
  type SealingKey,
  writeKeys,
} from '../../services/token-service/src/testing/token-issued.ts'
import { type NodeProcess, runToEnd, startService } from './service-process.ts'

const grants = Number(process.argv.find((each) => each.startsWith('--due='))?.slice(6) ?? 5_000)

/** One process of token-service with thousands of grants that all became due at once, against the emulator: how many it
 * refreshes in a second, the slow start after an outage (`refresh-pace.ts`) included. PostgreSQL keeps its fsync. */
export async function refreshes(): Promise<readonly string[]> {
  const [postgres, nats, google, issuer] = await Promise.all([
    startPostgresServer({ durable: true }),
    startNatsServer(),
    startGoogleEmulator({ seed: 'empty' }),
    createTestIssuer(),
  ])
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
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
      DATABASE_URL: postgres.url,
      NATS_URL: nats.url,
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: issuer.audience,
      AUTH_JWKS_URI: issuer.jwksUri,
      PUBLIC_URL: 'http://127.0.0.1:8080',
      GOOGLE_ISSUER: google.url,
      GOOGLE_CLIENT_ID: google.client.clientId,
      GOOGLE_CLIENT_SECRET: google.client.clientSecret,
      TOKEN_SEALING_PRIVATE_KEY_FILE: join(folder, 'sealing.json'),
      VAULT_KEY_RING_FILE: join(folder, 'ring.json'),
    })
    const countOf = async (what: string) => Number((await sql<{ n: string }>(what))[0]?.n)
    for (let grant = 0; grant < grants; grant++) await issue(bus, google, sealingKey)
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
    await Promise.all([bus.close(), database.close(), google.close(), issuer.close()])
    await Promise.all([postgres.stop(), nats.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function issue(bus: EventBus, google: GoogleEmulator, key: SealingKey): Promise<void> {
  const issued = await issuedFor(google, key, {})
  const identity = {
    source: 'oauth-service',
    streamId: `authorization-${issued.authorizationId}`,
    version: 1,
  }
  const message = encodeEvent(publication(contracts.tokenIssued, issued), {
    ...identity,
    time: issued.issuedAt,
  })
  await bus.publish([{ ...message, ...identity, repair: 0 }])
}

/** @returns when it held, as performance.now() counts. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  for (;;) {
    if (await holds()) return performance.now()
    await delay(50)
  }
}
