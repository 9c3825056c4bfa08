import { randomUUID } from 'node:crypto'
import type { MessageToPublish, PublishOutcome } from '@evergrant/event-bus'
import { createInMemoryEventBus } from '@evergrant/event-bus/testing'
import {
  type Contract,
  contracts,
  droppedContracts,
  encodeEvent,
  eventId,
  headersOf,
  type PublicEvent,
  publication,
} from '@evergrant/event-contracts'
import {
  createPostgresEventStore,
  type Database,
  eventStoreMigrations,
  migrate,
  openDatabase,
} from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll } from 'vitest'
import { createTestIssuer, type TestIssuer } from '../auth/test-issuer.ts'
import { systemClock, uuidv7Ids } from '../clock-and-ids.ts'
import { deadLetterRoutes } from '../dead-letters/dead-letter-routes.ts'
import { createExchange, type Exchange } from '../exchange/exchange.ts'
import { createHealth } from '../health.ts'
import { createHttpApp } from '../http/http-app.ts'
import type { HttpApp } from '../http/http-app-type.ts'
import { createInMemoryIdempotencyStore } from '../idempotency/in-memory-idempotency-store.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'

const template = {
  name: 'dead_letters',
  migrate: (url: string) => migrate({ url, migrations: eventStoreMigrations }),
}
const denied = contracts.authorizationDenied
const name = 'token-service'

/** A service with both sides and its dead-letter routes, on real PostgreSQL and a bus in memory. */
export function useDeadLetters() {
  const { serviceUrl } = useDatabase({ template })
  const logged: string[] = []
  const applied: string[] = []
  const state = {
    /** What a handler throws at this event. */
    fault: (_event: PublicEvent): Error | undefined => undefined,
    /** `ce-id`s of which the bus takes nothing but what says that an event was dropped. */
    tooLarge: new Set<string>(),
  }
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  let issuer: TestIssuer
  let database: Database
  let store: ReturnType<typeof createPostgresEventStore>
  let exchange: Exchange
  let app: HttpApp
  const memory = createInMemoryEventBus()
  const bus: typeof memory = {
    ...memory,
    publish: async (messages) => {
      const outcomes: PublishOutcome[] = []
      const blocked = new Set<string>()
      for (const message of messages) {
        const tooLarge = isTooLarge(message)
        if (blocked.has(message.streamId)) outcomes.push({ status: 'retry', reason: 'behind another' })
        else if (tooLarge)
          outcomes.push({ status: 'park', reason: 'message_too_large: larger than the bus takes' })
        else outcomes.push(...(await memory.publish([message])))
        if (tooLarge) blocked.add(message.streamId)
      }
      return outcomes
    },
  }
  const isTooLarge = ({ streamId, version, subject }: MessageToPublish) =>
    state.tooLarge.has(eventId({ streamId, version })) && !subject.includes('event-dropped')

  beforeAll(async () => {
    issuer = await createTestIssuer()
    database = await openDatabase({ url: serviceUrl, applicationName: 'dead-letters-test' })
    const metrics = createMetrics(name)
    const logger = createLogger({
      name,
      level: 'warn',
      destination: { write: (line) => void logged.push(line) },
    })
    store = createPostgresEventStore({
      database,
      source: name,
      facts: { Happened: { schemaVersion: 1 } },
      projections: [],
      clock,
      onCommitted: () => exchange.wake(),
    })
    exchange = createExchange({
      ...{ database, store, bus, clock, logger, metrics, context: 'token', streamReplicas: 1 },
      consumes: [
        {
          stream: 'OAUTH',
          handlers: {
            [denied.subject]: async (event) => {
              const fault = state.fault(event)
              if (fault) throw fault
              applied.push(`${event.attributes.streamId}@${event.attributes.version}`)
            },
          },
        },
      ],
      instanceId: randomUUID(),
      sweepEveryMs: 20,
      relayPollMs: 20,
    })
    await memory.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
    await exchange.start()
    app = createHttpApp({
      ...{ name, version: '1', quotas: null, logger, metrics, clock: systemClock, ids: uuidv7Ids },
      authenticator: issuer.authenticator,
      idempotencyStore: createInMemoryIdempotencyStore(),
      health: createHealth({ clock: systemClock }),
    })
    deadLetterRoutes(app, { service: name, deadLetters: exchange.deadLetters, idempotent: true })
    await app.ready()
  })
  afterAll(async () => {
    await app?.close()
    await exchange?.stop()
    await memory.close()
    await database?.close()
    await issuer?.close()
  })

  const call = async (
    method: 'GET' | 'POST',
    path: string,
    { body, scope = 'admin', key }: { body?: object; scope?: string | null; key?: string } = {},
  ) => {
    const answer = await app.inject({
      method,
      url: `/v1/dead-letters/${name}${path}`,
      headers: {
        ...(scope === null ? {} : { authorization: await issuer.bearer('olga', { scope }) }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }

  return {
    call,
    openApi: async () => (await app.inject('/openapi.json')).json(),
    state,
    applied: (streamId: string) => applied.filter((id) => id.startsWith(`${streamId}@`)),
    logged,
    /** Past the waits between the attempts at an event. */
    passTime: () => {
      aheadMs += 10_000
    },
    /** Something oauth-service says, versions as they are given. */
    hear: async (streamId: string, ...versions: readonly number[]) => {
      for (const version of versions) {
        const identity = { source: 'oauth-service', streamId, version }
        const encoded = encodeEvent(publication<Contract>(denied, denied.example), {
          ...identity,
          time: '2026-01-01T00:00:00.000Z',
        })
        await memory.publish([{ ...encoded, ...identity, repair: 0 }])
      }
    },
    /** What oauth-service says in place of an event that it dropped. */
    hearDropped: async (streamId: string, version: number) => {
      const identity = { source: 'oauth-service', streamId, version }
      const { oauth } = droppedContracts
      const encoded = encodeEvent(publication<Contract>(oauth, oauth.example), {
        ...identity,
        time: '2026-01-01T00:00:00.000Z',
      })
      await memory.publish([{ ...encoded, ...identity, repair: 0 }])
    },
    /** Something nobody can read, with these headers besides. */
    hearNonsense: (streamId: string | null, headers: Record<string, string> = {}) => {
      const identity = { source: 'oauth-service', streamId: streamId ?? randomUUID(), version: 1 }
      const attributes = { ...identity, type: denied.type, time: '2026-01-01T00:00:00.000Z' }
      return memory.publish([
        {
          subject: denied.subject,
          headers: { ...(streamId === null ? {} : headersOf(attributes)), ...headers },
          payload: Buffer.from('{"refresh_token":"1//0abcdefghijk"'),
          ...identity,
          repair: 0,
        },
      ])
    },
    /** Something this service has to say. */
    say: async (streamId: string, times: number) => {
      await store.transaction((unit) =>
        unit.append({
          ...{ streamId, streamType: 'thing', expectedVersion: 'any' as const },
          facts: [{ type: 'Happened', data: {} }],
          publications: Array.from({ length: times }, () =>
            publication(contracts.grantRevoked, contracts.grantRevoked.example),
          ),
          metadata: { actor: { kind: 'service' }, correlationId: 'c' },
        }),
      )
    },
    /** What of a stream is on the bus: subject and `ce-id`. */
    published: (streamId: string) =>
      memory
        .messagesOf('TOKEN')
        .filter(({ headers }) => headers['ce-subject'] === streamId)
        .map(({ subject, headers }) => `${subject.split('.')[2]} ${headers['ce-id']}`),
    decisions: async (streamId: string) => (await store.readStream(streamId)).facts,
  }
}
