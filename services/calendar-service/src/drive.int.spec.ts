import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('syncing Drive', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  const newUser = () => world.newUser(undefined, 'drive')
  const filled = async (count: number): Promise<ConnectedUser> => {
    const user = newUser()
    world.google().seedFiles(user.email, { count, seed: 7 })
    return world.connected(service, user)
  }
  const files = (user: ConnectedUser, query = '') =>
    world.all(service, `/v1/drive/files?limit=200${query}`, user.user)
  const ids = async (user: ConnectedUser, query = '') =>
    (await files(user, query)).map(({ id }) => id).toSorted()
  const atGoogle = (...where: string[]) =>
    world
      .google()
      .state()
      .drives.filter((drive) => where.includes(drive.where))
      .flatMap((drive) => drive.files.map(({ id }) => id))
      .toSorted()
  const sync = (user: ConnectedUser, mode = 'incremental') =>
    world.sync(service, user, { connectionId: user.connectionId, mode })
  const changes = async (user: ConnectedUser, cursor: string) => {
    const { body } = await world.call(service, `/v1/drive/changes?cursor=${cursor}`, { sub: user.user })
    return body
  }
  const now = async (user: ConnectedUser) => (await changes(user, 'now')).nextCursor ?? ''
  const asked = (path = '') => world.google().requests({ method: 'GET', path: `/drive/v3/${path}` })
  const sharedDrive = (user: ConnectedUser, count: number) => {
    const { id } = world.google().addSharedDrive({ name: 'Team', members: [user.email] })
    for (let nr = 0; nr < count; nr++) world.google().putFile(id, { id: `${id}-${nr}`, name: `Plan ${nr}` })
    return id
  }

  it('has everything Google has, the trash too, page by page', async () => {
    const user = newUser()
    world.google().seedFiles(user.email, { count: 25, seed: 4 })
    world.google().putFile(user.email, { id: 'binned', name: 'Old', trashed: true })
    world.google().planPages([10, 0, 10])
    await world.connected(service, user)
    expect(await ids(user)).toEqual(atGoogle(user.email))
    expect(await ids(user, '&trashed=true')).toEqual(['binned'])
    expect(await ids(user, '&trashed=false')).not.toContain('binned')
    const paged = await world.all(service, '/v1/drive/files?limit=7', user.user)
    expect(paged.map(({ id }) => id).toSorted()).toEqual(atGoogle(user.email))
    expect(paged[0]).toMatchObject({ name: expect.any(String), connectionId: user.connectionId })
  })

  it('asks once for an empty delta, and calls nothing a change', async () => {
    const user = await filled(3)
    world.google().clearRequests()
    expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 0, deleted: 0 } })
    expect(asked().map(({ path }) => path)).toEqual(['/drive/v3/changes'])
  })

  it('begins where changes stood before the list, and stores only the new start of the last page (B8.95)', async () => {
    const user = newUser()
    world.google().seedFiles(user.email, { count: 4, seed: 5 })
    await world.connected(service, user)
    for (const nr of [1, 2, 3, 4, 5]) world.google().putFile(user.email, { id: `late-${nr}`, name: 'Late' })
    world.google().planPages([2, 0, 2])
    world.google().clearRequests()
    expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { pages: 4, upserted: 5 } })
    const tokens = asked('changes').map(({ query }) => query.pageToken)
    expect(new Set(tokens).size).toBe(4)
    expect(await sync(user)).toMatchObject({ counts: { pages: 1, upserted: 0 } })
    expect(asked('changes')).toHaveLength(5)
    expect(tokens).not.toContain(asked('changes').at(-1)?.query.pageToken)
  })

  it('loses nothing that changes while the list is walked (B8.95)', async () => {
    const user = newUser()
    world.google().seedFiles(user.email, { count: 6, seed: 6 })
    world.google().planPages([3, 3])
    const [first = ''] = atGoogle(user.email)
    let touched = false
    const replica = await world.start({
      crashPoint: (point) => {
        if (point !== 'page_committed' || touched) return
        touched = true
        world.google().putFile(user.email, { id: first, name: 'Changed behind our back' })
        world.google().putFile(user.email, { id: 'added', name: 'Added behind our back' })
      },
    })
    await service.stop()
    await world.connected(replica, user)
    await replica.stop()
    service = await world.start()
    await sync(user)
    expect(await ids(user)).toEqual(atGoogle(user.email))
    expect((await files(user)).find(({ id }) => id === first)).toMatchObject({
      name: 'Changed behind our back',
    })
  })

  it('drops what was removed, of which Google says no more than the id, and keeps what is in the trash (B8.96)', async () => {
    const user = await filled(4)
    const [gone = '', binned = ''] = await ids(user)
    const from = await now(user)
    world.google().removeFile(user.email, gone)
    world.google().putFile(user.email, { id: binned, trashed: true })
    expect(await sync(user)).toMatchObject({ counts: { upserted: 1, deleted: 1 } })
    const feed = await changes(user, from)
    expect(feed.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ fileId: gone, kind: 'deleted', connectionId: user.connectionId }),
        expect.objectContaining({ fileId: binned, file: expect.objectContaining({ trashed: true }) }),
      ]),
    )
    expect(feed.items).toHaveLength(2)
    expect(await ids(user)).toEqual(atGoogle(user.email))
  })

  it.each(['full_sync_required', 'invalid_sync_token'] as const)(
    'opens a new generation when a token that never expires has expired (%s) (B8.96)',
    async (answer) => {
      const user = await filled(12)
      const [gone = '', changed = ''] = await ids(user)
      const from = await now(user)
      world.google().removeFile(user.email, gone)
      world.google().putFile(user.email, { id: changed, name: 'Renamed' })
      world.google().expireChangeTokens(user.email, { answer })
      expect(await sync(user)).toMatchObject({
        status: 'completed',
        mode: 'full',
        counts: { upserted: 1, deleted: 1, unchanged: 10 },
      })
      expect((await changes(user, from)).items?.map(({ fileId }) => fileId).toSorted()).toEqual(
        [changed, gone].toSorted(),
      )
      expect(await sync(user)).toMatchObject({ mode: 'incremental' })
    },
  )

  it('follows every shared drive by its own log', async () => {
    const user = newUser()
    const driveId = sharedDrive(user, 3)
    await world.connected(service, user)
    await expect.poll(() => ids(user), { timeout: 10_000 }).toEqual(atGoogle(user.email, driveId))
    world.google().putFile(driveId, { id: 'shared-new', name: 'New' })
    world.google().removeFile(driveId, `${driveId}-0`)
    expect(await sync(user)).toMatchObject({ counts: { upserted: 1, deleted: 1 } })
    expect(await ids(user)).toEqual(atGoogle(user.email, driveId))
    expect((await files(user)).find(({ id }) => id === 'shared-new')).toMatchObject({ driveId })
  })

  it('copies a shared drive that is joined later, whole, and drops one that is left', async () => {
    const user = await filled(2)
    const driveId = sharedDrive(user, 4)
    expect(await sync(user)).toMatchObject({ status: 'completed', counts: { upserted: 4 } })
    expect(await ids(user)).toEqual(atGoogle(user.email, driveId))
    const from = await now(user)
    world.google().shareDrive(driveId, { email: user.email, role: 'none' })
    expect(await sync(user)).toMatchObject({ status: 'completed', counts: { deleted: 4 } })
    expect(await ids(user)).toEqual(atGoogle(user.email))
    expect((await changes(user, from)).items).toHaveLength(4)
    world.google().shareDrive(driveId, { email: user.email, role: 'reader' })
    expect(await sync(user)).toMatchObject({ status: 'completed', counts: { upserted: 4 } })
    expect(await ids(user)).toEqual(atGoogle(user.email, driveId))
  })

  it('finds the shared drives by their files where the right to list drives is missing', async () => {
    const user = newUser()
    const driveId = sharedDrive(user, 2)
    const refused = { path: '/drive/v3/drives', status: 403, reason: 'insufficientPermissions', times: null }
    world.google().addFault(refused)
    await world.connected(service, user)
    await expect.poll(() => ids(user), { timeout: 10_000 }).toEqual(atGoogle(user.email, driveId))
    await world.items(service, user)
  })

  it('notices in a full sync which shared drives are no longer there', async () => {
    const user = newUser()
    const driveId = sharedDrive(user, 2)
    await world.connected(service, user)
    world.google().shareDrive(driveId, { email: user.email, role: 'none' })
    expect(await sync(user, 'full')).toMatchObject({ status: 'completed', mode: 'full' })
    expect(await ids(user)).toEqual(atGoogle(user.email))
  })

  it('syncs the others when one shared drive is suddenly out of reach', async () => {
    const user = newUser()
    const driveId = sharedDrive(user, 2)
    await world.connected(service, user)
    world.google().putFile(user.email, { id: 'mine', name: 'Mine' })
    world.google().addFault({ path: '/drive/v3/changes', nth: 2, status: 404, reason: 'notFound' })
    expect(await sync(user)).toMatchObject({ status: 'completed' })
    expect(await ids(user)).toEqual(atGoogle(user.email, driveId))
  })

  it('closes nothing because of one empty answer', async () => {
    const user = await filled(30)
    world
      .google()
      .addFault({ path: '/drive/v3/files', status: 200, body: { kind: 'drive#fileList', files: [] } })
    expect(await sync(user, 'full')).toMatchObject({ status: 'completed', counts: { deleted: 0 } })
    expect(await ids(user)).toEqual(atGoogle(user.email))
  })

  it('treats changes with neither token as broken, and keeps the position it had', async () => {
    const user = await filled(3)
    world.google().putFile(user.email, { id: 'later', name: 'Later' })
    world.google().addFault({ path: '/drive/v3/changes', status: 200, body: { changes: [] } })
    expect(await sync(user)).toMatchObject({
      status: 'completed',
      mode: 'incremental',
      counts: { upserted: 1 },
    })
  })

  it('is paused with the reason, and goes on by itself', async () => {
    const user = await filled(1)
    await world.connectionIs(user, { status: 'missing_scopes', scopes: [] })
    expect(await world.items(service, user, 'paused')).toMatchObject({ sync: [{ reason: 'missing_scopes' }] })
    world.google().putFile(user.email, { id: 'later', name: 'Later' })
    await world.connectionIs(user)
    await expect.poll(() => ids(user), { timeout: 10_000 }).toContain('later')
  })
})
