import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('syncing a mailbox', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  const filled = async (count: number): Promise<ConnectedUser> => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count, seed: 7 })
    return world.connected(service, user)
  }
  const messages = (user: ConnectedUser, query = '') =>
    world.all(service, `/v1/gmail/messages?limit=200&includeSpamTrash=true${query}`, user.user)
  const ids = async (user: ConnectedUser, query = '') => (await messages(user, query)).map(({ id }) => id)
  const atGoogle = (user: ConnectedUser) =>
    world
      .google()
      .state()
      .mailboxes.find(({ email }) => email === user.email)?.messages ?? []
  const sync = (user: ConnectedUser, mode = 'incremental') =>
    world.sync(service, user, { connectionId: user.connectionId, mode })
  const changes = async (user: ConnectedUser, cursor: string) => {
    const { body } = await world.call(service, `/v1/gmail/changes?cursor=${cursor}`, { sub: user.user })
    return body
  }
  const now = async (user: ConnectedUser) => (await changes(user, 'now')).nextCursor ?? ''
  const asked = (path: string) =>
    world.google().requests({ method: 'GET', path: `/gmail/v1/users/me/${path}` })

  it('copies headers and labels, and nothing of any body', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().addMessage(user.email, { id: 'm1', subject: 'Lunch', snippet: 'the secret recipe' })
    await world.connected(service, user)
    const [message] = await messages(user)
    expect(message).toMatchObject({
      id: 'm1',
      connectionId: user.connectionId,
      labelIds: ['INBOX', 'UNREAD'],
      payload: { headers: expect.arrayContaining([{ name: 'Subject', value: 'Lunch' }]) },
    })
    expect(JSON.stringify(message)).not.toContain('recipe')
  })

  it('has everything Google has, newest first, page by page', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 230, seed: 3 })
    world.google().addMessage(user.email, { id: 'binned', labelIds: ['TRASH'] })
    await world.connected(service, user)
    const theirs = atGoogle(user).map(({ id }) => id)
    expect((await ids(user)).toSorted()).toEqual(theirs.toSorted())
    const paged = await world.all(service, '/v1/gmail/messages?limit=60', user.user)
    expect(paged).toHaveLength(230)
    const dates = paged.map(({ internalDate }) => Number(internalDate))
    expect(dates).toEqual(dates.toSorted((a, b) => b - a))
  })

  it('asks once when there is no history, and stores the id it came with (B8.90)', async () => {
    const user = await filled(5)
    world.google().clearRequests()
    expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 0, deleted: 0 } })
    expect(asked('').map(({ path }) => path)).toEqual(['/gmail/v1/users/me/history'])
    const profile = world
      .google()
      .state()
      .mailboxes.find(({ email }) => email === user.email)
    await sync(user)
    expect(asked('history').at(-1)?.query).toMatchObject({ startHistoryId: profile?.historyId })
  })

  it('brings what is new, relabelled and deleted, once each', async () => {
    const user = await filled(5)
    const [first = '', second = ''] = await ids(user)
    const from = await now(user)
    world.google().addMessage(user.email, { id: 'new', subject: 'Fresh' })
    world.google().labelMessage(user.email, first, { add: ['STARRED'] })
    world.google().labelMessage(user.email, first, { remove: ['INBOX'] })
    world.google().deleteMessage(user.email, second)
    world.google().addMessage(user.email, { id: 'brief' })
    world.google().deleteMessage(user.email, 'brief')
    expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 2, deleted: 1 } })
    const feed = await changes(user, from)
    expect(feed.items?.map(({ messageId, kind }) => [messageId, kind]).toSorted()).toEqual(
      [
        ['new', 'upserted'],
        [first, 'upserted'],
        [second, 'deleted'],
      ].toSorted(),
    )
    expect(feed.items?.find(({ messageId }) => messageId === first)).toMatchObject({
      message: {
        id: first,
        labelIds: expect.not.arrayContaining(['INBOX']),
        connectionId: user.connectionId,
      },
    })
    expect((await ids(user)).toSorted()).toEqual(
      atGoogle(user)
        .map(({ id }) => id)
        .toSorted(),
    )
    expect(await sync(user)).toMatchObject({ counts: { upserted: 0, deleted: 0 } })
    expect((await changes(user, feed.nextCursor ?? '')).items).toEqual([])
  })

  it('backfills beside the old copy when history is forgotten, and skips nothing (B8.91)', async () => {
    const user = await filled(12)
    const [kept = '', gone = ''] = await ids(user)
    const from = await now(user)
    world.google().labelMessage(user.email, kept, { add: ['STARRED'] })
    world.google().deleteMessage(user.email, gone)
    world.google().addMessage(user.email, { id: 'meanwhile' })
    world.google().expireHistory(user.email)
    expect(await sync(user)).toMatchObject({
      status: 'completed',
      mode: 'full',
      counts: { upserted: 2, deleted: 1, unchanged: 10 },
    })
    const feed = await changes(user, from)
    expect(feed.items?.map(({ messageId }) => messageId).toSorted()).toEqual(
      [kept, gone, 'meanwhile'].toSorted(),
    )
    expect((await ids(user)).toSorted()).toEqual(
      atGoogle(user)
        .map(({ id }) => id)
        .toSorted(),
    )
    expect(await sync(user)).toMatchObject({ mode: 'incremental' })
  })

  it('does not backfill again and again when the new id is forgotten as well (B8.91)', async () => {
    const user = await filled(3)
    const before = await ids(user)
    world.google().addFault({ path: '/gmail/v1/users/me/history', status: 404, times: null })
    expect(await sync(user)).toMatchObject({ status: 'completed', mode: 'full' })
    world.google().clearRequests()
    expect(await sync(user)).toMatchObject({ status: 'failed', error: { code: 'sync_token_lost' } })
    expect(asked('messages')).toEqual([])
    expect(await world.items(service, user, 'failed')).toMatchObject({
      sync: [{ reason: 'sync_token_lost' }],
    })
    expect(await ids(user)).toEqual(before)
    world.google().clearFaults()
    expect(await sync(user)).toMatchObject({ status: 'completed' })
    await world.items(service, user)
  })

  it('keeps its place with ids beyond what a floating point number holds (B8.92)', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().offsetHistory(user.email, '9007199254740993')
    world.google().seedMessages(user.email, { count: 3, seed: 5 })
    await world.connected(service, user)
    for (const id of ['one', 'two', 'three']) {
      world.google().addMessage(user.email, { id })
      expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 1 } })
    }
  })

  it('goes on page by page, and asks again for what came meanwhile rather than skip it', async () => {
    const user = await filled(2)
    for (const id of ['a', 'b', 'c', 'd', 'e']) world.google().addMessage(user.email, { id })
    world.google().planPages([2, 0, 2])
    expect(await sync(user)).toMatchObject({ mode: 'incremental', counts: { pages: 4, upserted: 5 } })
    expect((await ids(user)).toSorted()).toEqual(
      atGoogle(user)
        .map(({ id }) => id)
        .toSorted(),
    )
  })

  it('does not trip over a message that is gone before its headers are asked for', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 4, seed: 2 })
    const [victim = ''] = atGoogle(user).map(({ id }) => id)
    world.google().addFault({ path: `/gmail/v1/users/me/messages/${victim}`, status: 404 })
    await world.connected(service, user)
    expect(await ids(user)).not.toContain(victim)
    expect(await ids(user)).toHaveLength(3)
  })

  it('waits out a rate limit in the middle of a page, and stores the page once', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 10, seed: 2 })
    world.google().addFault({
      path: '/gmail/v1/users/me/messages/*',
      nth: 6,
      status: 403,
      reason: 'rateLimitExceeded',
    })
    await world.connected(service, user)
    expect(await ids(user)).toHaveLength(10)
    expect((await world.all(service, '/v1/gmail/changes?limit=100', user.user)).length).toBe(10)
  })

  it('says paused with the reason, keeps what it has, and goes on by itself', async () => {
    const user = await filled(3)
    await world.connectionIs(user, { status: 'needs_reauthorization', reason: 'revoked_by_user' })
    expect(await world.items(service, user, 'paused')).toMatchObject({
      items: [{}, {}, {}],
      sync: [{ reason: 'revoked_by_user' }],
    })
    world.google().addMessage(user.email, { id: 'later' })
    await world.connectionIs(user)
    await expect.poll(() => ids(user), { timeout: 10_000 }).toContain('later')
  })

  it('finds what Gmail itself would find', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 60, seed: 9 })
    await world.connected(service, user)
    const { accessToken } = world.google().issueTokens({
      email: user.email,
      scopes: ['https://www.googleapis.com/auth/gmail.readonly'],
    })
    for (const q of [
      'from:ana',
      'subject:lunch',
      'is:unread from:ben',
      'is:starred',
      'in:sent',
      'nothing-like-it',
    ]) {
      const url = `${world.google().url}/gmail/v1/users/me/messages?maxResults=500&q=${encodeURIComponent(q)}`
      const answer = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } })
      const theirs = ((await answer.json()) as { messages?: { id: string }[] }).messages ?? []
      const ours = await world.all(
        service,
        `/v1/gmail/messages?limit=200&q=${encodeURIComponent(q)}`,
        user.user,
      )
      expect([q, ours.map(({ id }) => id)]).toEqual([q, theirs.map(({ id }) => id)])
    }
    const refused = await world.call(service, '/v1/gmail/messages?q=has:attachment', { sub: user.user })
    expect(refused).toMatchObject({ status: 400, body: { code: 'unsupported_search' } })
  })

  it("shows nobody another user's mail", async () => {
    const user = await filled(2)
    const stranger = world.newUser().user
    expect(await world.all(service, '/v1/gmail/messages', stranger)).toEqual([])
    expect(await world.all(service, '/v1/gmail/changes', stranger)).toEqual([])
    const theirs = { sub: stranger, method: 'POST', body: { connectionId: user.connectionId } }
    expect(await world.call(service, '/v1/calendar/syncs', theirs)).toMatchObject({ status: 404 })
  })
})
