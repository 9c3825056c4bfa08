import { contracts, type EventMessage, eventId } from '@evergrant/event-contracts'
import { beforeEach } from 'vitest'
import type { CrashPoint } from '../crash-point.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventHandler, Inbox } from '../inbox/inbox.ts'
import { createInbox } from '../inbox/postgres-inbox.ts'
import type { UnitOfWork } from '../log/event-store.ts'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { contractFacts } from './event-store-contract.ts'
import { revokedMessage } from './public-events.ts'
import { useStoreDatabase } from './use-store-database.ts'

export const consumer = 'calendar-service'
export const operator = { actor: { kind: 'operator', id: 'olga' }, correlationId: 'op-1' } as const
/** What `receive` says when nothing is to be delivered again. */
export const done = { status: 'done' }
/** A message that breaks its contract. */
export const broken = (message: EventMessage): EventMessage => ({
  ...message,
  payload: Buffer.from('{"grantId":7}'),
})
/** The ids of grant-1's events of these versions, as their effects note them. */
export const ids = (...versions: number[]) => versions.map((version) => `grant-1@${version}`)
export const messages = (...versions: number[]) => versions.map((version) => revokedMessage({ version }))
/** The one event that is parked. */
export const only = async (inbox: Inbox) => {
  const [parked] = await inbox.parked.list({ limit: 10 })
  if (!parked) throw new Error('nothing is parked')
  return parked
}

/** Inboxes whose effects can be counted, over the surrounding file's database and on a clock of their own. */
export function useCountingInbox() {
  const there = useStoreDatabase()
  let now = Date.parse('2026-11-23T10:00:00.000Z')
  const clock = { now: () => new Date(now) }
  const later = (ms: number) => {
    now += ms
  }

  beforeEach(async () => {
    const sql = sqlOf(there.open())
    await sql('delete from inbox.held')
    await sql('update inbox.cursor set version = 0, consumer = consumer || gen_random_uuid()')
  })

  const store = () =>
    createPostgresEventStore({
      database: there.open(),
      source: consumer,
      facts: contractFacts,
      projections: [],
      clock,
    })

  /** An inbox whose handler appends one fact an event to a stream of its own: effects that can be counted. */
  function inboxWith(
    options: {
      readonly before?: EventHandler
      readonly crashPoint?: CrashPoint
      readonly stream?: string
    } = {},
  ) {
    const effects = options.stream ?? `effects-${Math.random()}`
    const errors: unknown[] = []
    const handle = async (event: Parameters<EventHandler>[0], unit: UnitOfWork) => {
      await options.before?.(event, unit)
      await unit.append({
        streamId: effects,
        streamType: 'effects',
        expectedVersion: 'any',
        facts: [{ type: 'Noted', data: { id: eventId(event.attributes) } }],
        metadata: { actor: { kind: 'service' }, correlationId: 'c' },
      })
      await options.before?.(event, unit)
    }
    const inbox = createInbox({
      store: store(),
      database: there.open(),
      consumer,
      handlers: { [contracts.grantRevoked.subject]: handle },
      clock,
      onError: (error) => errors.push(error),
      ...(options.crashPoint ? { crashPoint: options.crashPoint } : {}),
    })
    const applied = async () => {
      const { facts } = await store().readStream(effects)
      return facts.map(({ data }) => ('id' in data ? data.id : undefined))
    }
    return { inbox, applied, errors }
  }

  return { inboxWith, store, later, clock, database: () => there.open() }
}
