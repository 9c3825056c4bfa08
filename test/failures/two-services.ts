import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventStoreMigrations, migrate, sqlOf } from '@evergrant/event-store'
import { type OwnNatsServer, startNatsServer, useDatabase } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { afterAll, afterEach, beforeEach, expect, inject, vi } from 'vitest'
import { openReplica, type Replica, type ReplicaOptions } from './replica.ts'

export const patience = { timeout: 45_000, interval: 25 }

const effectTable = `create table effect (
    id bigint generated always as identity, stream_id text not null, version bigint not null, text text not null);
  grant select, insert on effect to evergrant_service`

export async function migrateFailureDatabase(url: string): Promise<void> {
  await migrate({ url, migrations: eventStoreMigrations })
  await run(url, effectTable)
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A copy of a database that nobody is connected to, as a backup. `restore` puts it in the place of the original, also
 * under the feet of whoever is connected. */
async function backUp(url: string) {
  const original = new URL(url).pathname.slice(1)
  const copy = `${original}_backup`
  await run(inject('postgresAdminUrl'), `create database "${copy}" template "${original}" strategy file_copy`)
  return {
    restore: async () => {
      await run(inject('postgresAdminUrl'), `drop database "${original}" with (force)`)
      await run(inject('postgresAdminUrl'), `alter database "${copy}" rename to "${original}"`)
    },
    drop: () => run(inject('postgresAdminUrl'), `drop database if exists "${copy}" with (force)`),
  }
}

const template = { name: 'failures', migrate: migrateFailureDatabase }

type Options = Omit<ReplicaOptions, 'databaseUrl' | 'natsUrl' | 'role'>

const userOf = { publisher: 'token-service', consumer: 'calendar-service' } as const
const password = 'a-password'
const productionConfig = {
  file: fileURLToPath(new URL('../../infra/nats/nats-server.conf', import.meta.url)),
  variables: Object.fromEntries(
    ['OAUTH_SERVICE', 'TOKEN_SERVICE', 'CALENDAR_SERVICE', 'OPERATOR'].map((user) => [
      `NATS_${user}_PASSWORD`,
      password,
    ]),
  ),
}

/** A publisher and a consumer with a database each, on a nats-server of their own; ended after each test.
 * `withUsers`: under the permissions of infra/nats; otherwise everyone may do everything, specs too. */
export function useTwoServices({ withUsers = false } = {}) {
  const databases = { publisher: useDatabase({ template }), consumer: useDatabase({ template }) }
  const opened: Replica[] = []
  const children: ChildProcess[] = []
  const backups: { drop(): Promise<void> }[] = []
  let nats: OwnNatsServer

  beforeEach(async () => {
    nats = await startNatsServer(withUsers ? { config: productionConfig } : {})
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await Promise.all(opened.splice(0).map((replica) => replica.stop()))
    await nats.stop()
  })
  afterAll(async () => {
    for (const backup of backups) await backup.drop()
  })

  const natsUrlOf = (user: string) => {
    const url = new URL(nats.url)
    if (withUsers) Object.assign(url, { username: user, password })
    return url.href
  }
  const urls = (role: ReplicaOptions['role']) => ({
    databaseUrl: databases[role].serviceUrl,
    natsUrl: natsUrlOf(userOf[role]),
  })
  const open = async (role: ReplicaOptions['role'], options: Options) => {
    const replica = await openReplica({ role, ...urls(role), ...options })
    opened.push(replica)
    return replica
  }
  const close = async (replica: Replica) => {
    opened.splice(opened.indexOf(replica), 1)
    await replica.stop()
  }

  return {
    nats: () => nats,
    openPublisher: (options: Options = {}) => open('publisher', options),
    openConsumer: (options: Options = {}) => open('consumer', options),
    close,
    /** Runs a statement that a service itself has no right to. */
    asOwner: (role: ReplicaOptions['role'], statement: string) => run(databases[role].url, statement),
    backUp: async (role: ReplicaOptions['role']) => {
      const backup = await backUp(databases[role].url)
      backups.push(backup)
      return backup
    },
    /** A replica in a process of its own that SIGKILLs itself at the named point; resolves when it is dead. */
    runUntilKilled: async (role: ReplicaOptions['role'], dieAt: string) => {
      const child = fork(fileURLToPath(new URL('./replica-process.ts', import.meta.url)), [
        JSON.stringify({ role, ...urls(role), dieAt }),
      ])
      children.push(child)
      const [, signal] = await once(child, 'exit')
      expect(signal, `the ${role} died at ${dieAt}`).toBe('SIGKILL')
    },
    effectsOf,
  }
}

/** Versions in the order their effects were committed. */
export async function effectsOf(replica: Replica, streamId: string): Promise<number[]> {
  const rows = await sqlOf(replica.database)<{ version: string }>(
    'select version from effect where stream_id = $1 order by id',
    [streamId],
  )
  return rows.map(({ version }) => Number(version))
}

/** How many events had to be sent again on purpose: 0 where the relay alone must have been enough. */
export async function repairsOf(publisher: Replica, streamId: string): Promise<number> {
  const [row] = await sqlOf(publisher.database)<{ repairs: number }>(
    'select coalesce(sum(repair), 0)::integer as repairs from es.outbox where stream_id = $1',
    [streamId],
  )
  return row?.repairs ?? 0
}

/** Waits until exactly these effects are there, in this order. */
export async function untilEffects(read: () => Promise<number[]>, count: number): Promise<void> {
  await vi.waitFor(async () => expect(await read()).toEqual(upTo(count)), patience)
}

/** `[1, 2, … count]` */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
