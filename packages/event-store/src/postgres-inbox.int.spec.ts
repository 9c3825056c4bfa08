import { DomainError } from '@evergrant/decider'
import { contracts, type EventMessage, eventId } from '@evergrant/event-contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CrashPoint } from './crash-point.ts'
import type { UnitOfWork } from './event-store.ts'
import type { EventHandler, Inbox } from './inbox.ts'
import { inboxStatus } from './inbox-status.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'
import { createInbox } from './postgres-inbox.ts'
import { compareDigest, gapsToRepair } from './repair.ts'
import { sqlOf } from './sql.ts'
import { contractFacts } from './testing/event-store-contract.ts'
import { revokedMessage } from './testing/public-events.ts'
import { useStoreDatabase } from './testing/use-store-database.ts'

const there = useStoreDatabase()
const consumer = 'calendar-service'
const operator = { actor: { kind: 'operator', id: 'olga' }, correlationId: 'op-1' } as const
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

const done = { status: 'done' }
const broken = (message: EventMessage): EventMessage => ({
  ...message,
  payload: Buffer.from('{"grantId":7}'),
})
const ids = (...versions: number[]) => versions.map((version) => `grant-1@${version}`)
const messages = (...versions: number[]) => versions.map((version) => revokedMessage({ version }))
const only = async (inbox: Inbox) => {
  const [parked] = await inbox.parked.list({ limit: 10 })
  if (!parked) throw new Error('nothing is parked')
  return parked
}

describe('the inbox', () => {
  it('applies a dense stream in order, whatever the order of the batch', async () => {
    const { inbox, applied } = inboxWith()
    expect(await inbox.receive(messages(3, 1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2, 3))
  })

  it('drops what it applied before, in the same batch and later', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1, 1, 2))
    expect(await inbox.receive(messages(1, 2, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })

  it('holds what comes before its turn and releases it in order', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1))
    expect(await inbox.receive(messages(3, 5))).toEqual(done)
    expect(await applied()).toEqual(ids(1))
    await inbox.receive(messages(2, 6))
    expect(await applied()).toEqual(ids(1, 2, 3))
    await inbox.receive(messages(4))
    expect(await applied()).toEqual(ids(1, 2, 3, 4, 5, 6))
    expect(await inboxStatus({ database: there.open(), consumer, clock })).toMatchObject({ waiting: 0 })
  })

  it('moves over subjects nobody handles, so that versions stay dense', async () => {
    const { inbox, applied } = inboxWith()
    const other = { ...revokedMessage({ version: 2 }), subject: 'evergrant.token.of-tomorrow.v1' }
    await inbox.receive([...messages(1), other, ...messages(3)])
    expect(await applied()).toEqual(ids(1, 3))
  })

  it('keeps streams and sources apart', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([
      revokedMessage({ version: 1 }),
      revokedMessage({ version: 1, source: 'oauth-service' }),
      revokedMessage({ version: 1, streamId: 'grant-2' }),
    ])
    expect(await applied()).toHaveLength(3)
  })

  it('applies once when two replicas receive overlapping batches at the same time', async () => {
    const stream = 'effects-overlap'
    const replicas = [inboxWith({ stream }), inboxWith({ stream }), inboxWith({ stream })]
    await Promise.all(replicas.map(({ inbox }) => inbox.receive(messages(1, 2, 3, 4))))
    await Promise.all(replicas.map(({ inbox }) => inbox.receive(messages(4, 5, 6))))
    expect(await replicas[0]?.applied()).toEqual(ids(1, 2, 3, 4, 5, 6))
  })

  it.each(['inbox-before-commit', 'inbox-after-commit'])('applies once when it dies at %s', async (point) => {
    const stream = `effects-${point}`
    let dies = true
    const crashPoint = (name: string) => {
      if (dies && name === point) throw new Error('killed')
    }
    const { inbox, applied } = inboxWith({ stream, crashPoint })
    expect(await inbox.receive(messages(1, 2))).toMatchObject({ status: 'again' })
    dies = false
    expect(await inbox.receive(messages(1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })
})

describe('a failing event', () => {
  it('undoes its own effect, blocks its own stream and is tried again later', async () => {
    let failures = 1
    const { inbox, applied } = inboxWith({
      before: async ({ attributes }) => {
        if (attributes.streamId === 'grant-1' && attributes.version === 2 && failures-- > 0)
          throw new Error('first')
      },
    })
    expect(
      await inbox.receive([...messages(1, 2, 3), revokedMessage({ version: 1, streamId: 'grant-9' })]),
    ).toEqual(done)
    expect(await applied()).toEqual(['grant-1@1', 'grant-9@1'])
    await inbox.sweep()
    expect(await applied()).toHaveLength(2)
    later(1000)
    expect(await inbox.sweep()).toBe(2)
    expect(await applied()).toEqual(['grant-1@1', 'grant-9@1', ...ids(2, 3)])
  })

  it('is parked after the third attempt', async () => {
    const { inbox, applied, errors } = inboxWith({
      before: async ({ attributes }) => {
        if (attributes.version === 1) throw new TypeError('no such thing')
      },
    })
    await inbox.receive(messages(1, 2))
    for (const wait of [1000, 5000, 60_000]) {
      later(wait)
      await inbox.sweep()
    }
    expect(errors).toHaveLength(3)
    expect(await applied()).toEqual([])
    expect(await inbox.parked.list({ limit: 10 })).toMatchObject([
      {
        stream: { source: 'token-service', streamId: 'grant-1', version: 1 },
        reason: 'TypeError: no such thing',
        attempts: 3,
        waitingBehind: 1,
      },
    ])
    expect(await inboxStatus({ database: there.open(), consumer, clock })).toMatchObject({
      parked: 1,
      blockedStreams: 1,
      waiting: 1,
    })
  })

  it('is parked at once when it breaks its contract, and what waits behind it is no gap', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([...messages(1, 3), broken(revokedMessage({ version: 2 }))])
    expect(await applied()).toEqual(ids(1))
    expect(await only(inbox)).toMatchObject({ attempts: 1, reason: expect.stringMatching(/^invalid_event/) })
    later(60_000)
    expect(await gapsToRepair({ database: there.open(), consumer, clock, olderThanMs: 0 })).toEqual([])
  })

  it('is delivered again when its whole batch fails for a passing reason, and is never parked for it', async () => {
    let away = true
    const { inbox, applied } = inboxWith({
      before: async () => {
        if (away) throw new DomainError('unavailable', 'schema_drift', 'The schema drifted.')
      },
    })
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await inbox.receive(messages(1, 2))).toMatchObject({ status: 'again' })
    }
    away = false
    expect(await inbox.receive(messages(1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })

  it('does not hold up other streams for a passing reason', async () => {
    let away = true
    const { inbox, applied } = inboxWith({
      before: async ({ attributes }) => {
        if (away && attributes.streamId === 'grant-1') {
          throw new DomainError('unavailable', 'schema_drift', 'The schema drifted.')
        }
      },
    })
    await inbox.receive([...messages(1, 2), revokedMessage({ version: 1, streamId: 'grant-9' })])
    expect(await applied()).toEqual(['grant-9@1'])
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      later(10_000)
      await inbox.sweep()
    }
    away = false
    later(10_000)
    await inbox.sweep()
    expect(await applied()).toEqual(['grant-9@1', ...ids(1, 2)])
  })

  it('is not tried again because it is delivered again', async () => {
    const { inbox, errors } = inboxWith({
      before: async () => {
        throw new DomainError('rejected', 'bad_input', 'No.')
      },
    })
    for (let delivery = 0; delivery < 5; delivery++) await inbox.receive(messages(1))
    expect(errors).toHaveLength(1)
    expect(await inbox.parked.list({ limit: 10 })).toEqual([])
  })

  it('waits out a drifted column instead of being parked', async () => {
    const { inbox } = inboxWith({
      before: async (_event, unit) => {
        await sqlOf(unit)('select scope from es.stream')
      },
    })
    expect(await inbox.receive(messages(1))).toMatchObject({
      status: 'again',
      reason: 'database error 42703',
    })
  })

  it('is decided again when another writer was faster', async () => {
    let tries = 0
    const { inbox, applied } = inboxWith({
      before: async () => {
        if (++tries === 1) throw new DomainError('conflict', 'stream_moved_on', 'moved')
      },
    })
    expect(await inbox.receive(messages(1))).toEqual(done)
    expect(await applied()).toEqual(ids(1))
  })
})

describe('a message nobody can place', () => {
  it.each([
    ['without a ce-id', { 'ce-id': '' }],
    ['without a source', { 'ce-source': '' }],
    ['of ours without a number', { 'ce-id': 'grant-1' }],
    ['with an id no index can hold', { 'ce-id': `${'x'.repeat(4000)}@1` }],
    ['with a NUL in its headers', { 'ce-id': 'a\0b@1', other: '\0' }],
  ])('%s is parked once and holds up nobody', async (_what, headers) => {
    const { inbox, applied } = inboxWith()
    const message = revokedMessage({ version: 1 })
    const malformed = { ...message, headers: { ...message.headers, ...headers } }
    expect(await inbox.receive([malformed, ...messages(1)])).toEqual(done)
    expect(await inbox.receive([malformed])).toEqual(done)
    expect(await applied()).toEqual(ids(1))
    const parked = await inbox.parked.list({ limit: 10 })
    expect(parked).toHaveLength(1)
    expect(parked[0]).toMatchObject({ stream: null, subject: message.subject })
    const { id } = await only(inbox)
    await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({
      code: 'parked_event_without_identity',
    })
    await inbox.parked.skip(id, { reason: 'junk', metadata: operator })
    expect(await inbox.parked.list({ limit: 10 })).toEqual([])
  })

  it('of a third party without a number is a stream of one, applied once', async () => {
    const { inbox, applied } = inboxWith()
    const message = revokedMessage({ version: 1, source: 'a-cron-job' })
    const foreign = { ...message, headers: { ...message.headers, 'ce-id': 'b7a0e1' } }
    await inbox.receive([foreign, foreign])
    await inbox.receive([foreign])
    expect(await applied()).toEqual(['b7a0e1@1'])
  })
})

describe('a start nobody knows', () => {
  const behind = { source: 'token-service', streamId: 'grant-1' }

  it('is asked for as a gap from the beginning', async () => {
    const { inbox } = inboxWith()
    await inbox.receive(messages(4, 7))
    const asking = { database: there.open(), consumer, clock }
    expect(await gapsToRepair({ ...asking, olderThanMs: 1000 })).toEqual([])
    later(1000)
    expect(await gapsToRepair({ ...asking, olderThanMs: 1000 })).toEqual([
      { ...behind, from: 1, to: 3 },
      { ...behind, from: 5, to: 6 },
    ])
  })

  it('is where the publisher says', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(4, 5))
    await inbox.startAt(behind, 4)
    expect(await applied()).toEqual(ids(4, 5))
    await inbox.startAt(behind, 2)
    await inbox.receive(messages(2, 6))
    expect(await applied()).toEqual(ids(4, 5, 6))
  })

  it('is its first number when nobody answers in time', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(4, 5))
    later(29_999)
    await inbox.sweep()
    expect(await applied()).toEqual([])
    later(1)
    await inbox.sweep()
    expect(await applied()).toEqual(ids(4, 5))
  })

  it('does not make a known stream jump a gap that its publisher can repair', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1, 3))
    later(3_600_000)
    await inbox.sweep()
    expect(await applied()).toEqual(ids(1))
  })

  it('soon lets a third party go on, at its first number and after its gaps', async () => {
    const { inbox, applied } = inboxWith()
    const foreign = (version: number) => revokedMessage({ version, source: 'a-cron-job', streamId: 'sync-x' })
    await inbox.receive([foreign(7)])
    later(2000)
    await inbox.sweep()
    await inbox.receive([foreign(9)])
    later(2000)
    await inbox.sweep()
    expect(await applied()).toEqual(['sync-x@7', 'sync-x@9'])
  })

  it('never passes a parked event', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([broken(revokedMessage({ version: 1 })), ...messages(5)])
    await inbox.startAt(behind, 5)
    await inbox.receive(messages(2, 3, 4))
    expect(await applied()).toEqual([])
    await inbox.parked.skip((await only(inbox)).id, { reason: 'broken', metadata: operator })
    expect(await applied()).toEqual(ids(2, 3, 4, 5))
  })
})

describe('a digest', () => {
  it('shows the tail that was lost, but not what is held already', async () => {
    const { inbox } = inboxWith()
    await inbox.receive([...messages(1, 2), revokedMessage({ version: 3, streamId: 'grant-2' })])
    const digest = {
      source: 'token-service',
      streams: [
        ['grant-1', 4],
        ['grant-2', 3],
        ['grant-3', 1],
      ] as const,
    }
    expect(await compareDigest({ database: there.open(), consumer, digest })).toEqual([
      { source: 'token-service', streamId: 'grant-1', from: 3, to: 4 },
      { source: 'token-service', streamId: 'grant-3', from: 1, to: 1 },
    ])
  })
})

describe('an operator', () => {
  const parkOne = async () => {
    let fails = true
    const all = inboxWith({
      before: async ({ attributes }) => {
        if (fails && attributes.version === 1) throw new DomainError('rejected', 'bad_input', 'No.')
      },
    })
    await all.inbox.receive(messages(1, 2))
    for (const wait of [1000, 5000]) {
      later(wait)
      await all.inbox.sweep()
    }
    return {
      ...all,
      id: (await only(all.inbox)).id,
      repairs: () => {
        fails = false
      },
    }
  }
  const decisions = async () => (await store().readStream(`inbox-${consumer}`)).facts.slice(-1)

  it('retries: what waited behind it follows', async () => {
    const { inbox, applied, id, repairs } = await parkOne()
    expect(await inbox.parked.retry(id, operator)).toEqual({ applied: false })
    repairs()
    expect(await inbox.parked.retry(id, operator)).toEqual({ applied: true })
    expect(await applied()).toEqual(ids(1, 2))
    expect(await decisions()).toMatchObject([
      {
        type: 'ParkedEventRetried',
        data: { streamId: 'grant-1', version: 1, applied: true },
        metadata: operator,
      },
    ])
    await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({ code: 'parked_event_not_found' })
  })

  it('skips: the stream goes on without it, and the reason is on record', async () => {
    const { inbox, applied, id } = await parkOne()
    await inbox.parked.skip(id, { reason: 'a test account', metadata: operator })
    expect(await applied()).toEqual(ids(2))
    expect(await decisions()).toMatchObject([{ type: 'ParkedEventSkipped', data: { why: 'a test account' } }])
    await inbox.receive(messages(1))
    expect(await applied()).toEqual(ids(2))
  })

  it('replaces: other data is applied in its place, and only its digest is on record', async () => {
    const { inbox, applied } = inboxWith()
    const good = revokedMessage({ version: 1 })
    await inbox.receive([broken(good), ...messages(2)])
    const { id } = await only(inbox)
    const decision = { payload: good.payload, reason: 'repaired by hand', metadata: operator }
    expect(await inbox.parked.replace(id, decision)).toEqual({ applied: true })
    expect(await applied()).toEqual(ids(1, 2))
    expect(await decisions()).toMatchObject([
      { type: 'ParkedEventReplaced', data: { payloadDigest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ])
  })

  it('is told when there is no such parked event', async () => {
    const { inbox } = inboxWith()
    for (const id of ['999999', 'nonsense']) {
      await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({ code: 'parked_event_not_found' })
    }
  })
})
