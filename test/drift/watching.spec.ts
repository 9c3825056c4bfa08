import {
  createWatcher,
  type DdlNotice,
  installDdlNotification,
  type Manifest,
  schemaSession,
  type VerificationReport,
  verifySchema,
  type Watcher,
  withSession,
} from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sqlOver } from './drifted.ts'
import { labManifest } from './lab-schema.ts'

const database = useDatabase()
const never = 3_600_000
let manifest: Manifest
let owner: Client

beforeAll(async () => {
  manifest = await labManifest(database.url)
  owner = new Client({ connectionString: database.url })
  await owner.connect()
  expect(await installDdlNotification(sqlOver(owner))).toBe(true)
})
afterAll(() => owner.end())

const stopping: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop()
})

interface Watching {
  readonly watcher: Watcher
  readonly reports: VerificationReport[]
  readonly notices: (DdlNotice | undefined)[]
  readonly reconnects: () => number
}

async function watch(options: { readonly pollMs: number; readonly deaf?: boolean }): Promise<Watching> {
  const reports: VerificationReport[] = []
  const notices: (DdlNotice | undefined)[] = []
  let reconnects = 0
  const session = schemaSession({
    url: database.serviceUrl,
    applicationName: 'lab-watcher',
    retryMs: 10,
    // A session that was ended says so; the next one comes by itself.
    onError: () => undefined,
  })
  const watcher = createWatcher({
    pollMs: options.pollMs,
    verify: (trigger) =>
      verifySchema({ sql: session.sql, manifest, clock: { now: () => new Date() }, trigger }),
    onReport: (report) => reports.push(report),
    onError: (error) => expect.fail(String(error)),
    ...(options.deaf
      ? {}
      : {
          listen: async ({ onDdl, onReconnect }) =>
            session.listen({
              onDdl: (notice) => {
                notices.push(notice)
                onDdl()
              },
              onReconnect: () => {
                reconnects += 1
                onReconnect()
              },
            }),
        }),
  })
  stopping.push(async () => {
    await watcher.stop()
    await session.stop()
  })
  expect(await watcher.start()).toMatchObject({ status: 'verified', trigger: 'start' })
  return { watcher, reports, notices, reconnects: () => reconnects }
}

const drifted = (reports: readonly VerificationReport[]) =>
  expect.poll(() => reports.find(({ status }) => status === 'drift')?.trigger, {
    interval: 5,
    timeout: 10_000,
  })

describe('a watcher', () => {
  afterEach(() => owner.query('alter table user_oauth_tokens drop column if exists extra'))

  it('sees DDL as it commits, and who did it', async () => {
    const { reports, notices, reconnects } = await watch({ pollMs: never })
    await expect.poll(reconnects).toBe(1)
    await expect.poll(() => reports.length).toBe(2)
    await owner.query('alter table user_oauth_tokens add column extra text')
    await drifted(reports).toBe('ddl')
    expect(notices).toContainEqual(
      expect.objectContaining({
        tag: 'ALTER TABLE',
        user: 'postgres',
        objects: ['public.user_oauth_tokens'],
      }),
    )
  })

  it('hears nothing of what was rolled back, nor of temporary tables', async () => {
    const { notices, reconnects } = await watch({ pollMs: never })
    await expect.poll(reconnects).toBe(1)
    await owner.query('begin; alter table user_oauth_tokens add column extra text; rollback')
    await owner.query('create temporary table fleeting (id int); drop table fleeting')
    await owner.query('create table marker (id int); drop table marker')
    await expect.poll(() => notices.length).toBeGreaterThanOrEqual(2)
    const objects = notices.flatMap((notice) => notice?.objects ?? [])
    expect(objects.filter((name) => !name.includes('marker'))).toEqual([])
  })

  it('sees by its poll what nobody tells it', async () => {
    const { reports } = await watch({ pollMs: 20, deaf: true })
    await owner.query('alter table user_oauth_tokens add column extra text')
    await drifted(reports).toBe('poll')
    await owner.query('alter table user_oauth_tokens drop column extra')
    await expect.poll(() => reports.at(-1)?.status).toBe('verified')
  })

  it('looks again after it was deaf for a while', async () => {
    const { reports, reconnects } = await watch({ pollMs: never })
    await expect.poll(reconnects).toBe(1)
    await expect.poll(() => reports.length).toBe(2)
    await owner.query('alter event trigger evergrant_ddl disable')
    await owner.query('alter table user_oauth_tokens add column extra text')
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lab-watcher'`,
    )
    await drifted(reports).toBe('reconnect')
    await owner.query('alter event trigger evergrant_ddl enable always')
  })

  it('looks when real traffic runs into what drift leaves, and at no other error', async () => {
    const { watcher, reports } = await watch({ pollMs: never, deaf: true })
    await owner.query('alter table user_oauth_tokens add column extra text')
    watcher.notice(Object.assign(new Error('duplicate'), { code: '23505' }))
    watcher.notice(new Error('wrapped', { cause: Object.assign(new Error('gone'), { code: '42703' }) }))
    await drifted(reports).toBe('error')
    expect(reports).toHaveLength(2)
  })

  it('shares one look among all who ask at once', async () => {
    const { watcher, reports } = await watch({ pollMs: never, deaf: true })
    await Promise.all(Array.from({ length: 20 }, () => watcher.check('request')))
    expect(reports.length).toBeLessThanOrEqual(3)
  })

  it('says where its role may not install the triggers', async () => {
    await withSession(database.serviceUrl, async (sql) => {
      expect(await installDdlNotification(sql)).toBe(false)
    })
  })
})
