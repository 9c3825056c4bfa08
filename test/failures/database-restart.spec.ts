import { randomUUID } from 'node:crypto'
import {
  type OwnNatsServer,
  type OwnServer,
  startNatsServer,
  startPostgresServer,
} from '@evergrant/stack/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openReplica, type Replica } from './replica.ts'
import { effectsOf, migrateFailureDatabase, patience, untilEffects, upTo } from './two-services.ts'

describe('a database that restarts', () => {
  let postgres: OwnServer
  let nats: OwnNatsServer
  let publisher: Replica
  let consumer: Replica

  const urlOf = (database: string) => Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href

  beforeAll(async () => {
    ;[postgres, nats] = await Promise.all([startPostgresServer(), startNatsServer()])
    const admin = new Client({ connectionString: postgres.url })
    await admin.connect()
    await admin.query('create role evergrant_service nologin')
    for (const database of ['publisher', 'consumer']) await admin.query(`create database ${database}`)
    await admin.end()
    for (const database of ['publisher', 'consumer']) await migrateFailureDatabase(urlOf(database))
    const open = (role: 'publisher' | 'consumer') =>
      openReplica({ role, databaseUrl: urlOf(role), natsUrl: nats.url })
    publisher = await open('publisher')
    consumer = await open('consumer')
    await Promise.all([publisher.start(), consumer.start()])
  })
  afterAll(async () => {
    await Promise.all([publisher?.stop(), consumer?.stop()])
    await Promise.all([postgres?.stop(), nats?.stop()])
  })

  /** As an HTTP client does: the same command until it is answered. */
  const appendUntilAnswered = async (streamId: string, text: string) => {
    const commandId = randomUUID()
    await vi.waitFor(() => publisher.append(streamId, text, commandId), patience)
  }

  it('after a SIGKILL in the middle of the work loses nothing and repeats nothing', async () => {
    const streams = Array.from({ length: 4 }, () => `spec-${randomUUID()}`)
    let rounds = 0
    let writing = true
    const write = async () => {
      while (writing) {
        rounds++
        await Promise.all(streams.map((streamId) => appendUntilAnswered(streamId, `${rounds}`)))
      }
    }
    const written = write()
    for (const outage of upTo(2)) {
      const before = rounds
      await vi.waitFor(() => expect(rounds).toBeGreaterThan(before + 5 * outage), patience)
      await postgres.kill('SIGKILL')
      await postgres.restart()
    }
    writing = false
    await written
    for (const streamId of streams) {
      await untilEffects(() => effectsOf(consumer, streamId), rounds)
      const texts = (await publisher.store.readStream(streamId)).facts.map(
        ({ data }) => (data as { text: string }).text,
      )
      expect(texts).toEqual(upTo(rounds).map(String))
    }
  })
})
