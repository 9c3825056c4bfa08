import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

describe('the record of who borrowed what', () => {
  const world = useTokenWorld()
  let folder: string
  let one: TokenService
  let other: TokenService
  let database: Database

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vend-audit-'))
    one = await world.start({ instanceId: 'one', vendJournalDir: folder })
    other = await world.start({ instanceId: 'other', vendJournalDir: folder })
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  afterAll(async () => {
    await database.close()
    await rm(folder, { recursive: true })
  })

  const connected = async () => {
    const user = await world.issue({ expiresInSeconds: 3_599 })
    await world.connection(one, user)
    return user
  }
  const audit = async (user: Connected, as: { sub: string; scope?: string } = { sub: user.user }) =>
    (await world.call(one, `/v1/connections/${user.connectionId()}/audit`, as)).body
  const recorded = (user: Connected, entries: number) =>
    vi.waitFor(
      async () => {
        const report = await audit(user)
        expect(report).toMatchObject({ entries })
        return report
      },
      { timeout: 10_000, interval: 50 },
    )
  const borrow = async (user: Connected, times: number) => {
    const vends = Array.from({ length: times }, (_, index) =>
      world.vend(index % 2 === 0 ? one : other, user, { purpose: `run ${index}` }),
    )
    for (const { status } of await Promise.all(vends)) expect(status).toBe(200)
  }

  it('hangs together over replicas, and the journal is empty once PostgreSQL has it', async () => {
    const user = await connected()
    await borrow(user, 40)
    expect(await recorded(user, 40)).toMatchObject({
      status: 'unbroken',
      unchained: 0,
      head: { sequence: 40 },
    })
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), { timeout: 15_000 })
  })

  it.each([
    ['an entry is removed', 'delete from token_vend where grant_id = $1 and sequence = 2', 2, 'is missing'],
    ['the end is cut off', 'delete from token_vend where grant_id = $1 and sequence = 4', 4, 'is missing'],
    [
      'the purpose of an entry is changed',
      "update token_vend set purpose = 'nothing' where grant_id = $1 and sequence = 3",
      3,
      'was changed',
    ],
  ])('shows it when %s', async (_what, statement, sequence, problem) => {
    const user = await connected()
    await borrow(user, 4)
    await recorded(user, 4)
    await sqlOf(database)(statement, [user.grantId])
    expect(await audit(user)).toMatchObject({ status: 'broken', breaks: [{ sequence, problem }] })
  })

  it('is on disk before the token is answered, for as long as PostgreSQL does not take it', async () => {
    const user = await connected()
    await database.em().transactional(async (em) => {
      await em.execute('lock table token_vend in exclusive mode')
      expect((await world.vend(one, user, { purpose: 'kept on disk' })).status).toBe(200)
      const files = await Promise.all(
        (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
      )
      expect(files.join('')).toContain('kept on disk')
    })
    expect(await recorded(user, 1)).toMatchObject({ status: 'unbroken' })
  })

  it('keeps what a killed replica had lent and not written yet, once', async () => {
    const user = await connected()
    await borrow(user, 2)
    await recorded(user, 2)
    const [written] = await sqlOf(database)<{ id: string }>('select id from token_vend where grant_id = $1', [
      user.grantId,
    ])
    const lent = (id: string | undefined) => ({
      id,
      connectionId: user.connectionId(),
      grantId: user.grantId,
      generation: 1,
      caller: 'calendar-service',
      purpose: 'killed',
      scopes: [],
      traceparent: null,
      at: new Date(),
    })
    // As SIGKILL leaves it: one entry that PostgreSQL has already, one that it has not.
    const lines = [lent(written?.id), lent(randomUUID())].map((entry) => `${JSON.stringify(entry)}\n`)
    await writeFile(join(folder, 'killed.0.vends'), lines.join(''))
    await world.start({ instanceId: 'killed', vendJournalDir: folder })
    expect(await recorded(user, 3)).toMatchObject({ status: 'unbroken' })
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), { timeout: 15_000 })
  })

  it('says from when on it is complete, once the service has forgotten what is old', async () => {
    const user = await connected()
    const lines = [500, 450].map((days) => {
      const at = new Date(Date.now() - days * 86_400_000)
      const vend = {
        id: randomUUID(),
        connectionId: user.connectionId(),
        grantId: user.grantId,
        generation: 1,
      }
      const how = { caller: 'calendar-service', purpose: 'old', scopes: [], traceparent: null, at }
      return `${JSON.stringify({ ...vend, ...how })}\n`
    })
    await writeFile(join(folder, 'old.0.vends'), lines.join(''))
    // It writes down what an earlier life of it left behind, and must not forget that at once.
    await world.start({ instanceId: 'old', vendJournalDir: folder, vendsKeptDays: 0 })
    expect(await recorded(user, 2)).toMatchObject({ status: 'unbroken', forgotten: null })
    await borrow(user, 1)
    await recorded(user, 3)
    const later = await world.start({ instanceId: 'later', vendJournalDir: folder })
    expect(await recorded(user, 1)).toMatchObject({
      status: 'unbroken',
      forgotten: { entries: 2, until: expect.stringMatching(/Z$/) },
      head: { sequence: 3 },
    })
    await vi.waitFor(
      async () =>
        expect(await (await fetch(`${later.url}/metrics`)).text()).toMatch(
          /evergrant_vends_forgotten_total\S* 2/,
        ),
      { timeout: 15_000 },
    )
  })

  it('can neither be changed nor shortened with the rights of the service', async () => {
    const service = await openDatabase({ url: world.database.serviceUrl, applicationName: 'spec' })
    try {
      await expect(sqlOf(service)('delete from token_vend')).rejects.toThrow(/permission denied/)
      await expect(sqlOf(service)('update token_vend set caller = $1', ['x'])).rejects.toThrow(
        /permission denied/,
      )
    } finally {
      await service.close()
    }
  })

  it('is nobody else’s to read, except an operator’s', async () => {
    const user = await connected()
    expect(await audit(user, { sub: 'mallory' })).toMatchObject({ code: 'connection_not_found' })
    expect(await audit(user, { sub: 'operator', scope: 'admin' })).toMatchObject({ status: 'empty' })
  })

  it('tells vends and facts apart when asked to', async () => {
    const user = await connected()
    await borrow(user, 2)
    await recorded(user, 2)
    const types = async (show: string) =>
      (
        await world.call(one, `/v1/connections/${user.connectionId()}/history?show=${show}`, {
          sub: user.user,
        })
      ).body.items?.map(({ type }) => type)
    expect(await types('vends')).toEqual(['AccessTokenVended', 'AccessTokenVended'])
    expect(await types('facts')).toEqual(['TokensReceived', 'GrantOpened'])
    expect(await types('all')).toHaveLength(4)
  })
})
