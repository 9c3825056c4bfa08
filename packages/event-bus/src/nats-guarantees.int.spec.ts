import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNatsServer, useNats } from '@evergrant/stack/testing'
import { AckPolicy, connect, type NatsConnection } from 'nats'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventBus } from './event-bus.ts'
import { connectEventBus } from './nats-event-bus.ts'
import { offersAtomicBatches } from './streams.ts'
import { collect, event, uniqueName } from './test-events.ts'

const clock = { now: () => new Date() }

describe('on NATS', () => {
  const nats = useNats()
  let bus: EventBus
  let operator: NatsConnection
  let stream: string
  let subject: string

  beforeAll(async () => {
    operator = await connect({ servers: nats.url })
  })
  afterAll(() => operator.close())
  beforeEach(async () => {
    bus = await connectEventBus({ url: nats.url, name: 'spec', clock })
    stream = uniqueName('GUARANTEES')
    subject = `evergrant.${stream}.happened.v1`
  })
  afterEach(() => bus.close())

  const manager = () => operator.jetstreamManager()
  const declaration = () => ({ name: stream, subjects: [`evergrant.${stream}.>`] })

  it('several events go out as one atomic batch where the server offers it, each under its own message id', async () => {
    await bus.declareStream(declaration())
    await bus.publish([event(subject, 'a', 1), event(subject, 'b', 1), event(subject, 'a', 2, 3)])
    const stored = await Promise.all(
      [1, 2, 3].map(async (seq) => (await manager()).streams.getMessage(stream, { seq })),
    )
    const headers = stored.map(({ header }) => header)
    const batches = new Set(headers.map((header) => header.get('Nats-Batch-Id')))
    expect(batches.size).toBe(1)
    expect(batches.has('')).toBe(!offersAtomicBatches(operator.info?.version))
    expect(headers.map((header) => header.get('Nats-Msg-Id'))).toEqual([
      'spec-service/a@1',
      'spec-service/b@1',
      'spec-service/a@2~r3',
    ])
  })

  it('keeps the order of every event stream when a batch falls back to singles', async () => {
    await bus.declareStream(declaration())
    await bus.publish([event(subject, 's7', 1)])
    const events = Array.from({ length: 600 }, (_, index) =>
      event(subject, `s${index % 20}`, 1 + Math.floor(index / 20)),
    )
    const outcomes = await bus.publish(events)
    expect(outcomes.filter(({ status }) => status !== 'published')).toEqual([])
    const received = collect(bus, { stream, durable: 'reader' })
    await vi.waitFor(() => expect(received.ids).toHaveLength(600), { timeout: 10_000 })
    for (const index of Array.from({ length: 20 }).keys()) {
      const versions = received.ids
        .filter((id) => id?.startsWith(`s${index}@`))
        .map((id) => Number(id?.split('@')[1]))
      expect(versions).toEqual(Array.from({ length: 30 }, (_, position) => position + 1))
    }
  })

  it('cannot tell how late a consumer is that somebody deleted, which is not the same as not late', async () => {
    await bus.declareStream(declaration())
    await bus.publish([event(subject, 'a', 1)])
    const received = collect(bus, { stream, durable: 'reader' })
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), { timeout: 10_000 })
    await received.stop()
    await (await manager()).consumers.delete(stream, 'reader')
    expect(await bus.oldestUnprocessed({ stream, durable: 'reader' })).toBe(null)
  })

  it('steps over events that the stream does not keep any more when it looks for the oldest one', async () => {
    const jetstream = await manager()
    await jetstream.streams.add({ ...declaration(), max_msgs: 1 })
    await jetstream.consumers.add(stream, { durable_name: 'reader', ack_policy: AckPolicy.Explicit })
    await bus.publish([event(subject, 'a', 1)])
    await bus.publish([event(subject, 'a', 2)])
    const stored = await jetstream.streams.getMessage(stream, { seq: 2 })
    expect(await bus.oldestUnprocessed({ stream, durable: 'reader' })).toEqual({
      publishedAt: stored.timestamp,
    })
  })

  it('brings an older stream up to date', async () => {
    await (await manager()).streams.add({ ...declaration(), max_age: 3_600 * 1e9 })
    await bus.declareStream(declaration())
    const { config } = await (await manager()).streams.info(stream)
    expect(config).toMatchObject({
      discard: 'new',
      deny_delete: true,
      deny_purge: true,
      max_age: 14 * 24 * 3_600 * 1e9,
    })
  })

  it('refuses to go on when the server cannot give a guarantee', async () => {
    await (await manager()).streams.add({ ...declaration(), storage: 'memory' as never })
    await expect(bus.declareStream(declaration())).rejects.toMatchObject({ code: 'bus_misconfigured' })
  })

  it('a message larger than the server takes is parked before it is sent', async () => {
    await bus.declareStream(declaration())
    const large = { ...event(subject, 'a', 1), payload: new Uint8Array(2 * 1024 * 1024) }
    const outcomes = await bus.publish([large, event(subject, 'b', 1)])
    expect(outcomes.map(({ status }) => status)).toEqual(['park', 'published'])
    expect(outcomes[0]).toMatchObject({ reason: expect.stringMatching(/^message_too_large: /) })
    expect(bus.status().connected).toBe(true)
  })

  it('services can be discovered under $SRV', async () => {
    const name = uniqueName('discoverable')
    const endpoints = {
      ask: { subject: `ask.${stream}`, handle: async () => ({ ok: true, body: null }) as const },
    }
    await bus.serve({ name, version: '1.2.3', description: 'a service of this spec', endpoints })
    const found = await operator.request(`$SRV.INFO.${name}`, '', { timeout: 2_000 })
    expect(found.json()).toMatchObject({ name, version: '1.2.3', endpoints: [{ subject: `ask.${stream}` }] })
  })
})

describe('with a user of its own', () => {
  const leastRights = `
    host: "127.0.0.1"
    port: $NATS_PORT
    http_port: $NATS_MONITOR_PORT
    jetstream { store_dir: $NATS_STORE_DIR }
    authorization { users: [ {
      user: "token-service", password: "p@ss/word"
      permissions: {
        subscribe: ["_INBOX_token-service.>"]
        publish: [
          "evergrant.token.*.v1", "$JS.ACK.>"
          "$JS.API.STREAM.INFO.TOKEN", "$JS.API.STREAM.CREATE.TOKEN", "$JS.API.STREAM.UPDATE.TOKEN"
          "$JS.API.CONSUMER.CREATE.TOKEN.token-service", "$JS.API.CONSUMER.INFO.TOKEN.token-service"
          "$JS.API.CONSUMER.MSG.NEXT.TOKEN.token-service"
        ]
      }
    } ] }`

  it('declares, publishes and consumes with the least rights, answers only under its own inbox', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'evergrant-spec-'))
    const file = join(directory, 'nats.conf')
    writeFileSync(file, leastRights)
    const server = await startNatsServer({ config: { file, variables: {} } })
    const url = server.url.replace('nats://', 'nats://token-service:p%40ss%2Fword@')
    const bus = await connectEventBus({ url, name: 'token-service', clock })
    try {
      await bus.declareStream({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] })
      await bus.publish([
        event('evergrant.token.happened.v1', 'a', 1),
        event('evergrant.token.happened.v1', 'a', 2),
      ])
      const received = collect(bus, { stream: 'TOKEN', durable: 'token-service' })
      await vi.waitFor(() => expect(received.ids).toEqual(['a@1', 'a@2']), { timeout: 10_000 })
      await received.stop()
      const lag = await bus.lag({ stream: 'TOKEN', durable: 'token-service' })
      expect(lag?.waiting).toBe(0)
    } finally {
      await bus.close()
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
