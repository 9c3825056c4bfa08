import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { drive as driveApi } from 'googleapis/build/src/apis/drive/index.js'
import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const topicName = 'projects/evergrant/topics/gmail'
const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let google: GoogleEmulator
let receiver: Server
let address: string
let received: Received[]
let answers: number[]

function clientFor(email: string) {
  const prefix = 'https://www.googleapis.com/auth/'
  const scopes = ['calendar.readonly', 'drive.metadata.readonly', 'gmail.metadata'].map(
    (name) => prefix + name,
  )
  const { accessToken } = google.issueTokens({ email, scopes })
  return { rootUrl: `${google.url}/`, headers: { authorization: `Bearer ${accessToken}` }, retry: false }
}

const calendar = (email = alice) => calendarApi({ version: 'v3', ...clientFor(email) })
const drive = () => driveApi({ version: 'v3', ...clientFor(alice) })
const gmail = () => gmailApi({ version: 'v1', ...clientFor(alice) })

const channel = (more: object = {}) => ({
  id: randomUUID(),
  type: 'web_hook',
  address,
  token: 'ours',
  ...more,
})

async function watchEvents(more: object = {}) {
  const requestBody = channel(more)
  return (await calendar().events.watch({ calendarId: 'primary', requestBody })).data
}

const states = () => received.map(({ headers }) => headers['x-goog-resource-state'])
const numbers = () => received.map(({ headers }) => Number(headers['x-goog-message-number']))

/** What arrived, once everything that happened has been told. */
async function told(): Promise<readonly Received[]> {
  await google.deliveriesSettled()
  return received
}

const refusal = (status: number, reason: string) => ({
  status,
  response: { data: { error: { errors: [expect.objectContaining({ reason })] } } },
})

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  google.addAccount({ email: alice })
  google.addAccount({ email: bob })
  google.configurePush({ firstRetryMs: 1 })
  received = []
  answers = []
  receiver = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ headers: request.headers, body })
    response.writeHead(answers.shift() ?? 204).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
})

afterEach(async () => {
  await google.close()
  receiver.close()
  await once(receiver, 'close')
})

describe('a channel', () => {
  it('says sync first, then that something exists, in headers and without a body', async () => {
    const opened = await watchEvents()
    await told()
    google.putEvent(alice, { id: 'event00', ...day })
    const [sync, change] = await told()
    expect(states()).toEqual(['sync', 'exists'])
    expect(sync?.headers).toMatchObject({
      'x-goog-channel-id': opened.id,
      'x-goog-channel-token': 'ours',
      'x-goog-message-number': '1',
      'x-goog-resource-id': opened.resourceId,
      'x-goog-resource-uri': opened.resourceUri,
      'x-goog-channel-expiration': new Date(Number(opened.expiration)).toUTCString(),
    })
    expect(change?.body).toBe('')
  })

  it('can be told to say sync before the answer to watch is there', async () => {
    google.configurePush({ syncFirst: true })
    await watchEvents()
    expect(states()).toEqual(['sync'])
  })

  it('counts its messages upwards with gaps', async () => {
    await watchEvents()
    for (const id of ['event00', 'event01', 'event02']) {
      google.putEvent(alice, { id, ...day })
      await told()
    }
    expect(numbers().toSorted((a, b) => a - b)).toEqual(numbers())
    expect(new Set(numbers()).size).toBe(4)
    expect(numbers().at(-1)).toBeGreaterThan(4)
  })

  it('says once what happened many times at once', async () => {
    await watchEvents()
    await told()
    google.seedEvents(alice, { count: 200, seed: 1 })
    await told()
    expect(states()).toEqual(['sync', 'exists'])
  })

  it('hears nothing of other calendars', async () => {
    await watchEvents()
    google.putEvent(bob, { id: 'event00', ...day })
    await told()
    expect(states()).toEqual(['sync'])
  })

  it('ends when it is stopped, and stopping it again, or somebody else’s, is 404', async () => {
    const { id = '', resourceId = '' } = await watchEvents()
    const requestBody = { id, resourceId }
    await expect(calendar(bob).channels.stop({ requestBody })).rejects.toMatchObject(refusal(404, 'notFound'))
    await calendar().channels.stop({ requestBody })
    google.putEvent(alice, { id: 'event00', ...day })
    await told()
    expect(states()).not.toContain('exists')
    await expect(calendar().channels.stop({ requestBody })).rejects.toMatchObject(refusal(404, 'notFound'))
  })

  it('ends by the emulator’s clock, after a week unless it asked for less', async () => {
    const now = google.freezeClock()
    const usual = await watchEvents()
    const short = await watchEvents({ expiration: String(now.getTime() + 60_000) })
    const long = await watchEvents({ expiration: String(now.getTime() + 1e12) })
    expect(Number(usual.expiration) - now.getTime()).toBe(604_800_000)
    expect(Number(long.expiration) - now.getTime()).toBe(4 * 604_800_000)
    await told()
    google.advanceClock(61)
    google.putEvent(alice, { id: 'event00', ...day })
    await told()
    expect(
      received
        .slice(3)
        .map(({ headers }) => headers['x-goog-channel-id'])
        .toSorted(),
    ).toEqual([usual.id, long.id].toSorted())
    expect(google.state().channels.map(({ id }) => id)).toEqual([usual.id, long.id])
    const requestBody = { id: short.id ?? '', resourceId: short.resourceId ?? '' }
    await expect(calendar().channels.stop({ requestBody })).rejects.toMatchObject(refusal(404, 'notFound'))
  })

  it('is refused without an id, a known type, a safe address, a short token, a future and a resource that can be watched', async () => {
    const wrong: readonly [object, string][] = [
      [{ id: 'ä' }, 'invalid'],
      [{ id: 'x'.repeat(65) }, 'invalid'],
      [{ type: 'email' }, 'invalid'],
      [{ token: 'x'.repeat(257) }, 'invalid'],
      [{ expiration: '1' }, 'invalid'],
      [{ address: 'http://example.com/hook' }, 'push.webhookUrlNotHttps'],
      [{ address: 'nowhere' }, 'push.webhookUrlNotHttps'],
    ]
    for (const [more, reason] of wrong) {
      await expect(watchEvents(more)).rejects.toMatchObject(refusal(400, reason))
    }
    const { id = '' } = await watchEvents()
    await expect(watchEvents({ id })).rejects.toMatchObject(refusal(400, 'channelIdNotUnique'))
    const holidays = 'en.german#holiday@group.v.calendar.google.com'
    google.addCalendar({ email: alice, id: holidays, summary: 'Holidays' })
    const watch = calendar().events.watch({ calendarId: holidays, requestBody: channel() })
    await expect(watch).rejects.toMatchObject(refusal(400, 'pushNotSupportedForRequestedResource'))
  })

  it('of the calendar list tells that a calendar was shared', async () => {
    await calendar().calendarList.watch({ requestBody: channel() })
    await told()
    google.share(bob, { email: alice, accessRole: 'reader' })
    await told()
    expect(states()).toEqual(['sync', 'exists'])
  })

  it('of Drive tells changes of files and of shared drives, for an hour unless it asks for more', async () => {
    const now = google.freezeClock()
    const pageToken = (await drive().changes.getStartPageToken()).data.startPageToken ?? ''
    const { data } = await drive().changes.watch({ pageToken, requestBody: channel() })
    expect(Number(data.expiration) - now.getTime()).toBe(3_600_000)
    google.putFile(alice, { id: 'a' })
    await told()
    google.addSharedDrive({ name: 'Team', members: [alice] })
    await told()
    expect(states()).toEqual(['sync', 'change', 'change'])
    await drive().channels.stop({ requestBody: { id: data.id ?? '', resourceId: data.resourceId ?? '' } })
    expect(google.state().channels).toEqual([])
  })
})

describe('delivery', () => {
  it('is tried again after 500, 502, 503, 504 and silence, and after nothing else', async () => {
    answers = [500, 502, 503, 504, 204, 404]
    await watchEvents()
    await told()
    google.putEvent(alice, { id: 'event00', ...day })
    await told()
    const tries = google.deliveries().map(({ attempt, outcome }) => [attempt, outcome])
    expect(tries).toEqual([
      [1, 500],
      [2, 502],
      [3, 503],
      [4, 504],
      [5, 204],
      [1, 404],
    ])
    expect(numbers()).toEqual([1, 1, 1, 1, 1, numbers().at(-1)])
    const gone = { address: 'http://127.0.0.1:1/hook' }
    await watchEvents(gone)
    await told()
    expect(google.deliveries().at(-1)).toMatchObject({ attempt: 8, outcome: 'unreachable' })
  })

  it('can be dropped, doubled and late, even later than stop', async () => {
    google.planDeliveries(['drop'])
    const { id = '', resourceId = '' } = await watchEvents()
    await told()
    expect(received).toEqual([])
    expect(google.deliveries()).toMatchObject([{ to: id, state: 'sync', outcome: 'dropped' }])
    google.planDeliveries(['duplicate', { delayMs: 1000 }])
    google.putEvent(alice, { id: 'event00', ...day })
    await told()
    expect(new Set(numbers()).size).toBe(1)
    expect(states()).toEqual(['exists', 'exists'])
    google.putEvent(alice, { id: 'event01', ...day })
    await expect.poll(() => google.state().channels[0]?.messageNumber).toBeGreaterThan(numbers()[0] ?? 0)
    await calendar().channels.stop({ requestBody: { id, resourceId } })
    expect(received).toHaveLength(2)
    await told()
    expect(received).toHaveLength(3)
  })
})

describe('a watched mailbox', () => {
  const requestBody = { topicName }

  it('publishes its address and newest history id, in a message signed for the audience', async () => {
    google.subscribe({ topic: topicName, url: address, audience: 'https://evergrant.example' })
    const { data } = await gmail().users.watch({ userId: 'me', requestBody })
    expect(Number(data.expiration)).toBe(google.state().mailboxes[0]?.watch?.expiration)
    google.addMessage(alice, { id: 'a' })
    const [pushed] = await told()
    const { message, subscription } = JSON.parse(pushed?.body ?? '{}')
    const { historyId } = google.state().mailboxes[0] ?? {}
    const content: unknown = JSON.parse(Buffer.from(message.data, 'base64').toString())
    expect(content).toEqual({ emailAddress: alice, historyId })
    expect(subscription).toBe('projects/evergrant/subscriptions/gmail')
    const keys = createRemoteJWKSet(new URL(`${google.url}/oauth2/v3/certs`))
    const token = pushed?.headers.authorization?.slice('Bearer '.length) ?? ''
    const verified = jwtVerify(token, keys, { issuer: google.url, audience: 'https://evergrant.example' })
    await expect(verified).resolves.toMatchObject({ payload: { email_verified: true } })
  })

  it('says at most one thing a second, and the rest is lost', async () => {
    google.freezeClock()
    google.subscribe({ topic: topicName, url: address })
    await gmail().users.watch({ userId: 'me', requestBody })
    for (const seconds of [0, 0.5, 0.5]) {
      google.advanceClock(seconds)
      google.addMessage(alice, {})
      await told()
    }
    expect(google.deliveries().map(({ outcome }) => outcome)).toEqual([204, 'dropped', 204])
  })

  it('is silent after stop and after seven days', async () => {
    google.subscribe({ topic: topicName, url: address })
    await gmail().users.watch({ userId: 'me', requestBody })
    await gmail().users.stop({ userId: 'me' })
    google.addMessage(alice, {})
    await gmail().users.watch({ userId: 'me', requestBody })
    google.advanceClock(8 * 24 * 3600)
    google.addMessage(alice, {})
    expect(await told()).toEqual([])
    expect(google.state().mailboxes[0]?.watch).toBeNull()
  })

  it('is not watched without a topic', async () => {
    const watch = gmail().users.watch({ userId: 'me', requestBody: { topicName: 'gmail' } })
    await expect(watch).rejects.toMatchObject(refusal(400, 'invalidArgument'))
  })
})
