import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '@evergrant/event-store'
import {
  createWatcher,
  installDdlNotification,
  loadManifest,
  schemaSession,
  type VerificationReport,
  verifySchema,
} from '@evergrant/schema-verification'
import { startPostgresServer } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { migrations } from '../../services/token-service/src/migrations/all.ts'
import { inMs } from './percentiles.ts'

const verifications = 300
const toldRounds = 60
const polledRounds = 15
const pollMs = 2_000
const manifest = loadManifest(
  new URL('../../services/token-service/schema.manifest.json', import.meta.url),
  'token-service',
)
const clock = { now: () => new Date() }

/** How long one look takes, and how long a dropped column stays unseen, with and without event triggers. */
export async function schemaDetection(): Promise<readonly string[]> {
  const postgres = await startPostgresServer()
  const owner = new Client({ connectionString: postgres.url })
  await owner.connect()
  try {
    await owner.query("create role evergrant_service login password 'bench'")
    await migrate({ url: postgres.url, migrations })
    const url = new URL(postgres.url)
    url.username = 'evergrant_service'
    url.password = 'bench'
    const looks = await timesToLook(url.href)
    const polled = await timesToDetect({ url: url.href, owner, rounds: polledRounds, told: false })
    await installDdlNotification(
      async <Row>(text: string) => (await owner.query(text)).rows as unknown as Row[],
    )
    const told = await timesToDetect({ url: url.href, owner, rounds: toldRounds, told: true })
    return [
      `one verification of token-service's unchanged schema, as its own role: ${inMs(looks)}`,
      `column dropped → drift reported, told by event trigger: ${inMs(told)}`,
      `column dropped → drift reported, by a look every ${pollMs} ms: ${inMs(polled)}`,
    ]
  } finally {
    await owner.end()
    await postgres.stop()
  }
}

async function timesToLook(url: string): Promise<number[]> {
  const session = schemaSession({ url, applicationName: 'bench', onError })
  const times: number[] = []
  for (let look = 0; look < verifications; look++) {
    const started = performance.now()
    const { status, findings } = await verifySchema({ sql: session.sql, manifest, clock })
    times.push(performance.now() - started)
    if (status !== 'verified') throw new Error(`a healthy schema is ${status}: ${JSON.stringify(findings)}`)
  }
  await session.stop()
  // The first looks fill PostgreSQL's catalog caches.
  return times.slice(20)
}

async function timesToDetect(run: {
  readonly url: string
  readonly owner: Client
  readonly rounds: number
  readonly told: boolean
}): Promise<number[]> {
  const session = schemaSession({ url: run.url, applicationName: 'bench', onError })
  let hear: (report: VerificationReport) => void = () => undefined
  const until = (status: string) =>
    new Promise<void>((resolve) => {
      hear = (report) => {
        if (report.status === status) resolve()
      }
    })
  const watcher = createWatcher({
    verify: (trigger) => verifySchema({ sql: session.sql, manifest, clock, trigger }),
    ...(run.told ? { listen: async (hears) => session.listen(hears) } : {}),
    pollMs,
    onReport: (report) => hear(report),
    onError,
  })
  await watcher.start()
  const times: number[] = []
  for (let round = 0; round < run.rounds; round++) {
    // Drift comes out of the blue.
    await delay(100)
    const drifted = until('drift')
    const started = performance.now()
    await run.owner.query('alter table user_oauth_tokens drop column scope')
    await drifted
    times.push(performance.now() - started)
    const healed = until('verified')
    await run.owner.query('alter table user_oauth_tokens add column scope text')
    await healed
  }
  await watcher.stop()
  await session.stop()
  return times
}

function onError(error: unknown): never {
  throw error
}
