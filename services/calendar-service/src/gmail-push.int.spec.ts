import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { createTestIssuer, type TestIssuer } from '@evergrant/service-runtime/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const topic = 'projects/evergrant/topics/gmail'
const serviceAccount = 'gmail-api-push@system.gserviceaccount.com'
const path = '/v1/google/notifications/gmail'
const audience = `http://evergrant.test${path}`

describe('push of Gmail', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database
  let stranger: TestIssuer

  beforeAll(async () => {
    service = await world.start({ gmailPush: { topic, serviceAccount }, pollEveryMs: 150 })
    world.google().subscribe({ topic, url: service.url + path, audience })
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    stranger = await createTestIssuer()
  })
  afterAll(() => Promise.all([database.close(), stranger.close()]))

  /** Of one user: the spec does one thing at a time. */
  const watches = () =>
    world
      .google()
      .requests({ method: 'POST', path: '/gmail/v1/users/me/' })
      .map(({ path: asked }) => asked.split('/').at(-1))
  const states = async (user: ConnectedUser) => {
    const rows = await sqlOf(database)<{ state: string }>(
      'select state from push_channel where connection_id = $1 order by began_at',
      [user.connectionId],
    )
    return rows.map(({ state }) => state)
  }
  const syncs = (user: ConnectedUser) =>
    sqlOf(database)<{ status: string }>(
      `select status from sync_status where user_id = $1 and cause = 'push'`,
      [user.user],
    )
  const connected = async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 2, seed: 7 })
    await world.connectionIs(user)
    await world.items(service, user)
    await vi.waitFor(async () => expect(await states(user)).toEqual(['open']), { timeout: 8000 })
    return user
  }
  const send = (body: unknown, authorization?: string) =>
    fetch(service.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify(body),
    })
  const bearer = async (claims: { audience: string; email?: string; emailVerified?: boolean }) =>
    `Bearer ${await world.google().pushToken(claims)}`
  const published = (data: unknown) => ({
    message: { data: Buffer.from(JSON.stringify(data)).toString('base64'), messageId: '1' },
    subscription: 'projects/evergrant/subscriptions/gmail',
  })

  it('brings a new message within moments', async () => {
    const user = await connected()
    world.google().addMessage(user.email, { id: `new-${user.user}`, subject: 'Fresh' })
    await vi.waitFor(
      async () => {
        const messages = await world.all(service, '/v1/gmail/messages', user.user)
        expect(messages.map(({ id }) => id)).toContain(`new-${user.user}`)
      },
      { timeout: 8000 },
    )
    expect(await syncs(user)).toHaveLength(1)
    expect(world.google().deliveries().at(-1)).toMatchObject({ to: topic, outcome: 204 })
  })

  it('begins one sync, however often the same is told', async () => {
    const user = await connected()
    world.google().planDeliveries(['duplicate'])
    world.google().addMessage(user.email, { id: `twice-${user.user}` })
    await vi.waitFor(async () => expect(await syncs(user)).toMatchObject([{ status: 'completed' }]), 8000)
    await world.google().deliveriesSettled()
    expect(await syncs(user)).toHaveLength(1)
  })

  it('believes nobody but the service account of the subscription', async () => {
    const user = await connected()
    const message = published({ emailAddress: user.email, historyId: '999999999' })
    expect((await send(message)).status).toBe(401)
    expect((await send(message, await stranger.bearer('someone'))).status).toBe(401)
    for (const wrong of [
      { audience: 'https://elsewhere.example' },
      { audience, email: 'somebody@project.iam.gserviceaccount.com' },
      { audience, emailVerified: false },
    ]) {
      expect((await send(message, await bearer(wrong))).status).toBe(401)
    }
    expect(await syncs(user)).toEqual([])
    expect((await send(message, await bearer({ audience }))).status).toBe(204)
    expect(await syncs(user)).toHaveLength(1)
    const text = await (await fetch(`${service.url}/metrics`)).text()
    expect(text).toMatch(/mail_notifications_total\{outcome="refused"[^}]*\} 5/)
  })

  it('is done with what cannot be read or is about nobody, so that it does not come again', async () => {
    const genuine = await bearer({ audience })
    for (const body of [
      {},
      { message: { data: 'not base64!' } },
      { message: { data: Buffer.from('{').toString('base64') } },
      published({ emailAddress: 'nobody@example.com', historyId: 7 }),
      published({ emailAddress: 7 }),
    ]) {
      expect((await send(body, genuine)).status).toBe(204)
    }
  })

  it('is asked for again after a day, without an end of the one before (B8.93)', async () => {
    const user = await connected()
    await sqlOf(database)(
      `update push_channel set opened_at = now() - interval '1 day 1 minute', expires_at = now() + interval '143 hours'
        where connection_id = $1`,
      [user.connectionId],
    )
    await vi.waitFor(async () => expect(await states(user)).toEqual(['closed', 'open']), { timeout: 8000 })
    await vi.waitFor(() => expect(watches()).toEqual(['watch', 'watch']), { timeout: 15_000 })
  })

  it('ends on disconnect', async () => {
    const user = await connected()
    await world.connectionIs(user, { status: 'disconnected' })
    await vi.waitFor(async () => expect(await states(user)).toEqual(['closed']), { timeout: 8000 })
    await vi.waitFor(() => expect(watches()).toEqual(['watch', 'stop']), { timeout: 15_000 })
  })
})

describe('Gmail without a topic', () => {
  const world = useCalendarWorld()

  it('is not watched, and has no door', async () => {
    const service = await world.start({ pollEveryMs: 150 })
    const user = world.newUser(undefined, 'gmail')
    await world.connected(service, user)
    const answer = await fetch(service.url + path, { method: 'POST' })
    expect(answer.status).toBe(404)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(world.google().requests({ method: 'POST' })).toEqual([])
  })

  it('does not start with a topic that nobody speaks for', async () => {
    const halfway = world.start({ gmailPush: { topic, serviceAccount: '' } })
    await expect(halfway).rejects.toMatchObject({ code: 'invalid_config' })
  })
})
