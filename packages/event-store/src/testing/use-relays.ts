import { contracts, publication } from '@evergrant/event-contracts'
import { afterEach } from 'vitest'
import type { CrashPoint } from '../crash-point.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventStore } from '../log/event-store.ts'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { createRelay } from '../outbox/relay.ts'
import { contractFacts } from './event-store-contract.ts'
import type { PublishDouble } from './publish-double.ts'
import { useStoreDatabase } from './use-store-database.ts'

const revoked = publication(contracts.grantRevoked, contracts.grantRevoked.example)

/** A database with an outbox, and relays that are stopped after each test and leave nothing unpublished behind. */
export function useRelays() {
  const there = useStoreDatabase()
  const running: { stop(): Promise<void> }[] = []
  let instances = 0

  afterEach(async () => {
    await Promise.all(running.splice(0).map((relay) => relay.stop()))
    await sqlOf(there.open())('update es.outbox set published_at = now() where published_at is null')
  })

  const store = () =>
    createPostgresEventStore({
      database: there.open(),
      source: 'token-service',
      facts: contractFacts,
      projections: [],
      clock: { now: () => new Date() },
    })
  return {
    database: there.open,
    store,
    started: (
      bus: PublishDouble,
      options: { crashPoint?: CrashPoint; leaseMs?: number; pollMs?: number } = {},
    ) => {
      const errors: unknown[] = []
      const relay = createRelay({
        database: there.open(),
        publish: bus.publish,
        instanceId: `relay-${++instances}`,
        onError: (error) => errors.push(error),
        pollMs: 20,
        ...options,
      })
      relay.start()
      running.push(relay)
      return Object.assign(relay, { errors })
    },
  }
}

/** What a stream appends that leaves the service: one fact, so many publications. */
export function noted(streamId: string, count: number) {
  return {
    streamId,
    streamType: 'thing',
    expectedVersion: 'any',
    facts: [{ type: 'Noted', data: {} }],
    publications: Array.from({ length: count }, () => revoked),
    metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
  } as const
}

export async function append(store: EventStore, streamId: string, count: number): Promise<void> {
  await store.transaction((unit) => unit.append(noted(streamId, count)))
}

export function versionsOf(bus: PublishDouble, streamId: string): number[] {
  return bus.stored.filter((message) => message.streamId === streamId).map(({ version }) => version)
}
