import { calendarIdOf, driveIdOf } from '@evergrant/event-contracts'
import { beforeAll, describe, expect, it } from 'vitest'
import { readableCalendars } from './projections/calendars.ts'
import { type KindsOfResource, kindsOfResource } from './testing/kinds-of-resource.ts'
import { useWalks } from './testing/walks.ts'

const deaths = [
  ['nobody dies', null, 0],
  ['it dies in the second slice', 'slice_stored', 0],
  ['it dies after the second slice', 'slice_committed', 0],
  ['it dies in the last but one', 'slice_stored', 1],
  ['it dies after the first slice', 'page_committed', 0],
] as const

const day = { start: { date: '2026-05-01' }, end: { date: '2026-05-02' } }
const seven = [0, 1, 2, 3, 4, 5, 6]

describe('what is more than one transaction should hold', () => {
  const world = useWalks({ sliceRows: 2 })
  let kinds: KindsOfResource
  beforeAll(() => {
    kinds = kindsOfResource(world.google())
  })
  type Walked = Awaited<ReturnType<typeof world.connect>>

  /** Rows of both feeds, and how many there were when it was asked. */
  const feedOf = async ({ connectionId }: Walked) => {
    const rows = await world.sql<{ id: string; kind: string }>(
      `select id, kind from (
         select seq, event_id as id, kind from calendar_change where connection_id = $1
         union all select seq, item_id, kind from google_item_change where connection_id = $1) f order by seq`,
      [connectionId],
    )
    return rows.map(({ id, kind }) => `${id} ${kind}`)
  }
  const published = async ({ connectionId }: Walked) => {
    const rows = await world.sql<{ id: string; kind: string }>(
      `select c->>'eventId' as id, c->>'kind' as kind
         from (select convert_from(payload, 'UTF8')::jsonb as body from es.outbox order by id) o,
              jsonb_array_elements(o.body->'changes') c
        where o.body->>'connectionId' = $1`,
      [connectionId],
    )
    return rows.map(({ id, kind }) => `${id} ${kind}`)
  }
  const factsOf = (resourceId: string, ...types: readonly string[]) =>
    world.sql<{ type: string; data: object }>(
      'select type, data from es.event where stream_id like $1 and type = any($2::text[]) order by version',
      [`%-${resourceId}`, types],
    )
  const tokenOf = async (resourceId: string) => {
    const [row] = await world.sql<{ token: string; generation: number }>(
      'select sync_token as token, generation from synced_resource where resource_id = $1',
      [resourceId],
    )
    return row
  }

  describe.each(['a calendar', 'a mailbox', 'a drive'] as const)('of a generation of %s', (name) => {
    /** Nine items; four are gone at Google, three changed and one is new when it forgets the token. */
    const changedBehindOurBack = async () => {
      const walked = await world.connect(kinds[name].service)
      const kind = kinds[name]
      const { email, connectionId } = walked
      const id = (nr: number) => `${email.slice(0, 8)}x${nr}`
      for (const nr of [...seven, 7, 8]) kind.put(email, id(nr), 'before')
      await walked.work()
      for (const nr of [0, 2, 4, 6]) kind.drop(email, id(nr))
      for (const nr of [1, 3, 5, 9]) kind.put(email, id(nr), 'after')
      kind.expire(email, 'full_sync_required')
      const expected = [
        ...[0, 2, 4, 6].map((nr) => `${id(nr)} deleted`),
        ...[1, 3, 5, 9].map((nr) => `${id(nr)} upserted`),
      ].toSorted()
      const resourceId = name === 'a calendar' ? calendarIdOf(connectionId, email) : connectionId
      return { walked, kind, expected, resourceId, kept: [1, 3, 5, 7, 8].map(id) }
    }

    it.each(deaths)('is switched to, each change told once, when %s', async (_, point, times) => {
      const { walked, kind, expected, resourceId } = await changedBehindOurBack()
      const before = (await feedOf(walked)).length
      if (point !== null) walked.crash(point, name === 'a calendar' && point === 'page_committed' ? 1 : times)
      await walked.sync('incremental')
      expect(await walked.copy(kind.ours)).toEqual(kind.theirs(walked.email))
      expect((await feedOf(walked)).slice(before).toSorted()).toEqual(expected)
      if (name === 'a calendar') {
        expect((await published(walked)).slice(before).toSorted()).toEqual(expected)
      }
      const facts = await factsOf(resourceId, 'SliceStored', 'GenerationCommitted')
      const counts = { upserted: 4, deleted: 4, unchanged: 2 }
      expect(facts.at(-1)).toMatchObject({ type: 'GenerationCommitted', data: { counts, swept: 4 } })
      expect(facts.filter(({ type }) => type === 'GenerationCommitted')).toHaveLength(2)
      expect(facts.filter(({ type }) => type === 'SliceStored').length).toBeGreaterThanOrEqual(3)
    })

    it('hides nothing that is still there, and has the new token with the last slice', async () => {
      const { walked, kind, resourceId, kept } = await changedBehindOurBack()
      const before = await tokenOf(resourceId)
      const seen: { readonly ids: readonly string[]; readonly at: typeof before }[] = []
      const look = async () => {
        seen.push({ ids: [...(await walked.copy(kind.ours)).keys()], at: await tokenOf(resourceId) })
        walked.meanwhile('slice_stored', 0, look)
      }
      walked.meanwhile('slice_stored', 0, look)
      await walked.sync('full')
      expect(seen.length).toBeGreaterThanOrEqual(3)
      for (const { ids, at } of seen) {
        expect(ids).toEqual(expect.arrayContaining(kept))
        expect(at).toEqual(before)
      }
      expect((await tokenOf(resourceId))?.generation).toBe((before?.generation ?? 0) + 1)
    })
  })

  /** Seven events or files in something of another's that the user can see. */
  const shared = {
    'a calendar': async () => {
      const walked = await world.connect('calendar')
      const owner = world.google().addAccount({ email: `owner-${walked.email}` })
      const { id } = world.google().addCalendar({ email: owner.email, summary: 'Shared' })
      const as = (accessRole: 'reader' | 'none') =>
        world.google().share(id, { email: walked.email, accessRole })
      for (const nr of seven) world.google().putEvent(id, { id: `event${nr}`, ...day })
      as('reader')
      await walked.work()
      const resourceId = calendarIdOf(walked.connectionId, id)
      const ids = seven.map((nr) => `event${nr}`)
      return { walked, resourceId, as, ids, removed: 'CalendarRemoved', ours: kinds['a calendar'].ours }
    },
    'a shared drive': async () => {
      const walked = await world.connect('drive')
      const { id } = world.google().addSharedDrive({ name: 'Shared', members: [walked.email] })
      const as = (role: 'reader' | 'none') => world.google().shareDrive(id, { email: walked.email, role })
      const ids = seven.map((nr) => `${id}-${nr}`)
      for (const file of ids) world.google().putFile(id, { id: file, name: file })
      await walked.work()
      const resourceId = driveIdOf(walked.connectionId, id)
      return { walked, resourceId, as, ids, removed: 'SharedDriveLeft', ours: kinds['a drive'].ours }
    },
  }

  describe.each(['a calendar', 'a shared drive'] as const)('of %s that is taken away', (name) => {
    it.each(deaths)('is closed, each deletion told once, when %s', async (_, point, times) => {
      const { walked, resourceId, as, ids, removed, ours } = await shared[name]()
      const before = (await feedOf(walked)).length
      expect(before).toBe(seven.length)
      as('none')
      if (point !== null) walked.crash(point, times)
      await walked.sync('incremental')
      const expected = ids.map((id) => `${id} deleted`)
      expect((await feedOf(walked)).slice(before).toSorted()).toEqual(expected)
      if (name === 'a calendar') {
        expect((await published(walked)).slice(before).toSorted()).toEqual(expected)
      }
      expect(await walked.copy(ours)).toEqual(new Map())
      const [run] = await world.sql(
        'select sum(deleted)::int as deleted from resource_run where connection_id = $1',
        [walked.connectionId],
      )
      // The calendar itself is one more.
      expect(run).toEqual({ deleted: seven.length + (name === 'a calendar' ? 1 : 0) })
      expect(await factsOf(resourceId, 'SliceStored', removed)).toMatchObject([
        { type: 'SliceStored' },
        { type: 'SliceStored' },
        { type: 'SliceStored' },
        { type: removed, data: { closed: seven.length } },
      ])
    })

    it('is closed later when its connection stops in between', async () => {
      const { walked, as, ids } = await shared[name]()
      as('none')
      walked.meanwhile('slice_committed', 0, () =>
        walked.connectionIs('needs_reauthorization', 'revoked_at_google'),
      )
      await walked.sync('incremental')
      expect((await feedOf(walked)).length).toBeLessThan(2 * seven.length)
      await walked.connectionIs('active')
      await walked.work()
      expect((await feedOf(walked)).slice(seven.length).toSorted()).toEqual(ids.map((id) => `${id} deleted`))
    })

    it('is closed to the end and then copied anew when it comes back in between', async () => {
      const { walked, resourceId, as, ids, ours } = await shared[name]()
      as('none')
      const due = (when: string) =>
        world.sql(`update resource_run set due_at = ${when} where resource_id = $1 and state = 'queued'`, [
          resourceId,
        ])
      walked.meanwhile('page_committed', 0, async () => void (await due(`now() + interval '1 hour'`)))
      await walked.sync('incremental')
      as('reader')
      await walked.sync('incremental')
      await due('now()')
      await walked.work()
      expect([...(await walked.copy(ours)).keys()].toSorted()).toEqual(ids)
      const feed = await feedOf(walked)
      expect(feed.slice(7, 14).toSorted()).toEqual(ids.map((id) => `${id} deleted`))
      expect(feed.slice(14).toSorted()).toEqual(ids.map((id) => `${id} upserted`))
    })
  })

  it('is found by no reader of events from the moment on when its calendar is gone', async () => {
    const { walked, resourceId, as } = await shared['a calendar']()
    as('none')
    let open: readonly { n: number }[] = []
    let found: readonly { id: string }[] = []
    walked.meanwhile('slice_stored', 0, async () => {
      open = await world.sql(
        `select count(*)::int as n from calendar_event where calendar_id = $1 and status <> 'cancelled'`,
        [resourceId],
      )
      found = await readableCalendars(world.database(), walked.userId, null)
    })
    await walked.sync('incremental')
    expect(open).toEqual([{ n: 5 }])
    expect(found.map(({ id }) => id)).not.toContain(resourceId)
    expect(found).toHaveLength(1)
  })
})
