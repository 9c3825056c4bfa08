import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { startNatsServer, startPostgresServer } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { openReplica } from '../failures/replica.ts'
import { migrateFailureDatabase } from '../failures/two-services.ts'
import { inMs } from './percentiles.ts'

const perSecond = 100
const seconds = 15
const warmUp = 200

/** Commit in one service → JetStream → commit in the next, at a steady rate, on durable PostgreSQL (fsync on). */
export async function relayLatency(): Promise<readonly string[]> {
  const [postgres, nats] = await Promise.all([startPostgresServer({ durable: true }), startNatsServer()])
  try {
    const databaseUrl = await databases(postgres.url)
    const publisher = await openReplica({
      role: 'publisher',
      asInProduction: true,
      databaseUrl: databaseUrl.publisher,
      natsUrl: nats.url,
    })
    const committed = new Map<string, number>()
    const latencies: number[] = []
    let applied: string[] = []
    const consumer = await openReplica({
      role: 'consumer',
      asInProduction: true,
      databaseUrl: databaseUrl.consumer,
      natsUrl: nats.url,
      beforeEffect: async ({ attributes }) => {
        applied.push(attributes.streamId)
      },
      crashPoint: (name) => {
        if (name !== 'inbox-after-commit') return
        const now = performance.now()
        for (const stream of applied) latencies.push(now - (committed.get(stream) ?? now))
        applied = []
      },
    })
    await consumer.start()
    await publisher.start()

    const total = perSecond * seconds + warmUp
    const started = performance.now()
    for (let sent = 0; sent < total; sent++) {
      await delay(Math.max(0, started + (sent * 1000) / perSecond - performance.now()))
      const stream = `bench-${randomBytes(6).toString('hex')}`
      void publisher.append(stream, 'bench').then(() => committed.set(stream, performance.now()))
    }
    while (latencies.length < total) await delay(20)
    await publisher.stop()
    await consumer.stop()
    return [
      `commit → JetStream → consumer's commit at ${perSecond} events/s: ${inMs(latencies.slice(warmUp))}`,
    ]
  } finally {
    await Promise.all([postgres.stop(), nats.stop()])
  }
}

async function databases(adminUrl: string): Promise<Record<'publisher' | 'consumer', string>> {
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  const url = async (name: 'publisher' | 'consumer') => {
    await admin.query(`create database bench_${name}`)
    const target = new URL(adminUrl)
    target.pathname = `/bench_${name}`
    await migrateFailureDatabase(target.href)
    return target.href
  }
  try {
    await admin.query('create role evergrant_service nologin')
    return { publisher: await url('publisher'), consumer: await url('consumer') }
  } finally {
    await admin.end()
  }
}
