import { randomUUID } from 'node:crypto'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForgetVends } from '../../application/forget-vends.ts'
import { migrations } from '../../migrations/all.ts'
import { appendVends } from './append-vends.ts'
import { createOldVends } from './old-vends.ts'
import { createVendAudit } from './vend-audit.ts'
import { journalEntry } from './vend-journal.ts'

const dayMs = 86_400_000
const place = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})

describe('old vends', () => {
  let admin: Database
  let service: Database
  beforeAll(async () => {
    admin = await openDatabase({ url: place.url, applicationName: 'spec' })
    service = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  afterAll(() => Promise.all([admin.close(), service.close()]))

  const store = () =>
    createPostgresEventStore({
      ...{ database: service, source: 'spec', facts: {}, projections: [], clock: systemClock },
    })
  /** A grant whose vends are so many days old. */
  const lent = async (...days: readonly number[]) => {
    const grantId = randomUUID()
    await lendAgain(grantId, ...days)
    return grantId
  }
  const lendAgain = async (grantId: string, ...days: readonly number[]) => {
    const entries = days.map((age) =>
      journalEntry({
        ...{ id: randomUUID(), connectionId: randomUUID(), grantId, generation: 1 },
        ...{ caller: 'calendar-service', purpose: null, scopes: ['openid'], traceparent: null },
        at: new Date(Date.now() - age * dayMs),
      }),
    )
    await appendVends(store(), entries, { maybeKnown: false })
  }
  const forget = async (keptDays = 400, vends = createOldVends(service)) => {
    let forgotten = 0
    const round = createForgetVends({
      ...{ vends, clock: systemClock, keptMs: keptDays * dayMs },
      onForgotten: (entries) => {
        forgotten += entries
      },
    })
    while (await round());
    return forgotten
  }
  const audit = (grantId: string) => createVendAudit(service).verify(grantId)
  const change = (grantId: string, sequence: number) =>
    sqlOf(admin)("update token_vend set caller = 'nobody' where grant_id = $1 and sequence = $2", [
      grantId,
      sequence,
    ])
  const remove = (grantId: string, sequence: number) =>
    sqlOf(admin)('delete from token_vend where grant_id = $1 and sequence = $2', [grantId, sequence])

  it('go when their time is over; the record says from when on it is complete, and goes on', async () => {
    const grantId = await lent(500, 450, 399, 1)
    const young = await lent(399, 1)
    expect(await forget(480)).toBe(1)
    expect(await forget()).toBe(1)
    expect(await audit(grantId)).toMatchObject({ entries: 2, head: { sequence: 4 }, breaks: [] })
    const { forgotten } = await audit(grantId)
    expect(forgotten?.entries).toBe(2)
    expect(Math.round((Date.now() - (forgotten?.until.getTime() ?? 0)) / dayMs)).toBe(450)
    await lendAgain(grantId, 0)
    expect(await audit(grantId)).toMatchObject({ entries: 3, head: { sequence: 5 }, breaks: [] })
    expect(await audit(young)).toMatchObject({ entries: 2, forgotten: null, breaks: [] })
  })

  it('all go where nobody borrowed since, and the next vend hangs on the last that went', async () => {
    const grantId = await lent(500, 450)
    await forget()
    expect(await audit(grantId)).toMatchObject({ entries: 0, forgotten: { entries: 2 }, breaks: [] })
    await lendAgain(grantId, 0)
    expect(await audit(grantId)).toMatchObject({ entries: 1, head: { sequence: 3 }, breaks: [] })
    await change(grantId, 3)
    expect(await audit(grantId)).toMatchObject({ breaks: [{ sequence: 3, problem: 'was changed' }] })
  })

  it('leave a record that still shows what is missing or was changed, the first that is kept too', async () => {
    const changed = await lent(500, 20, 10, 1)
    const shortened = await lent(500, 20, 10, 1)
    await forget()
    await change(changed, 2)
    await remove(shortened, 2)
    expect(await audit(changed)).toMatchObject({ breaks: [{ sequence: 2, problem: 'was changed' }] })
    expect(await audit(shortened)).toMatchObject({ breaks: [{ sequence: 2, problem: 'is missing' }] })
  })

  it('stay behind an entry that is missing or younger: what is broken is not swept away', async () => {
    const broken = await lent(500, 490, 480, 1)
    await remove(broken, 2)
    expect(await forget()).toBe(1)
    expect(await audit(broken)).toMatchObject({
      entries: 2,
      breaks: [{ sequence: 2, problem: 'is missing' }],
    })
    const late = await lent(500, 3, 490, 1)
    expect(await forget()).toBe(1)
    expect(await audit(late)).toMatchObject({ entries: 3, breaks: [] })
  })

  it('go by many at a time, shared by replicas at once, while others are lent and looked at', async () => {
    const days = Array.from({ length: 9_000 }, () => 500)
    const grants = [await lent(...days), await lent(...days.slice(0, 30), 1)]
    const [one = '', other = ''] = grants
    const audits = Array.from({ length: 8 }, () => audit(one))
    await Promise.all([forget(), forget(), lendAgain(other, 0), lendAgain(one, 0)])
    for (const report of await Promise.all(audits)) expect(report.breaks).toEqual([])
    await forget()
    expect(await audit(one)).toMatchObject({ entries: 1, forgotten: { entries: 9_000 }, breaks: [] })
    expect(await audit(other)).toMatchObject({ entries: 2, forgotten: { entries: 30 }, breaks: [] })
  })

  it('of a grant that somebody is at are left for the next time', async () => {
    const grantId = await lent(500, 1)
    await store().transaction(async (unit) => {
      await sqlOf(unit)('select from vend_chain where grant_id = $1 for update', [grantId])
      expect(await forget()).toBe(0)
    })
    expect(await forget()).toBe(1)
  })

  it('stay for ever when nothing is to be forgotten, and the last thirty days whatever is asked for', async () => {
    const grantId = await lent(500, 31, 29, 1)
    expect(await forget(0)).toBe(0)
    expect(await audit(grantId)).toMatchObject({ entries: 4 })
    await sqlOf(service)('select forget_vends($1, now(), 100)', [grantId])
    expect(await audit(grantId)).toMatchObject({ entries: 2, forgotten: { entries: 2 }, breaks: [] })
    await expect(sqlOf(service)('delete from token_vend')).rejects.toMatchObject({ code: '42501' })
  })
})
