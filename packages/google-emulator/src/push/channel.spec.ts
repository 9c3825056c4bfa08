import { describe, expect, it } from 'vitest'
import { alice, bob, day, refusal, usePushReceiver } from '../testing/use-push-receiver.ts'

const push = usePushReceiver()

describe('a channel', () => {
  it('says sync first, then that something exists, in headers and without a body', async () => {
    const opened = await push.watchEvents()
    await push.told()
    push.google.putEvent(alice, { id: 'event00', ...day })
    const [sync, change] = await push.told()
    expect(push.states()).toEqual(['sync', 'exists'])
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
    push.google.configurePush({ syncFirst: true })
    await push.watchEvents()
    expect(push.states()).toEqual(['sync'])
  })

  it('counts its messages upwards with gaps', async () => {
    await push.watchEvents()
    for (const id of ['event00', 'event01', 'event02']) {
      push.google.putEvent(alice, { id, ...day })
      await push.told()
    }
    expect(push.numbers().toSorted((a, b) => a - b)).toEqual(push.numbers())
    expect(new Set(push.numbers()).size).toBe(4)
    expect(push.numbers().at(-1)).toBeGreaterThan(4)
  })

  it('says once what happened many times at once', async () => {
    await push.watchEvents()
    await push.told()
    push.google.seedEvents(alice, { count: 200, seed: 1 })
    await push.told()
    expect(push.states()).toEqual(['sync', 'exists'])
  })

  it('hears nothing of other calendars', async () => {
    await push.watchEvents()
    push.google.putEvent(bob, { id: 'event00', ...day })
    await push.told()
    expect(push.states()).toEqual(['sync'])
  })

  it('ends when it is stopped, and stopping it again, or somebody else’s, is 404', async () => {
    const { id = '', resourceId = '' } = await push.watchEvents()
    const requestBody = { id, resourceId }
    await expect(push.calendar(bob).channels.stop({ requestBody })).rejects.toMatchObject(
      refusal(404, 'notFound'),
    )
    await push.calendar().channels.stop({ requestBody })
    push.google.putEvent(alice, { id: 'event00', ...day })
    await push.told()
    expect(push.states()).not.toContain('exists')
    await expect(push.calendar().channels.stop({ requestBody })).rejects.toMatchObject(
      refusal(404, 'notFound'),
    )
  })

  it('ends by the emulator’s clock, after a week unless it asked for less', async () => {
    const now = push.google.freezeClock()
    const usual = await push.watchEvents()
    const short = await push.watchEvents({ expiration: String(now.getTime() + 60_000) })
    const long = await push.watchEvents({ expiration: String(now.getTime() + 1e12) })
    expect(Number(usual.expiration) - now.getTime()).toBe(604_800_000)
    expect(Number(long.expiration) - now.getTime()).toBe(4 * 604_800_000)
    await push.told()
    push.google.advanceClock(61)
    push.google.putEvent(alice, { id: 'event00', ...day })
    await push.told()
    expect(
      push.received
        .slice(3)
        .map(({ headers }) => headers['x-goog-channel-id'])
        .toSorted(),
    ).toEqual([usual.id, long.id].toSorted())
    expect(push.google.state().channels.map(({ id }) => id)).toEqual([usual.id, long.id])
    const requestBody = { id: short.id ?? '', resourceId: short.resourceId ?? '' }
    await expect(push.calendar().channels.stop({ requestBody })).rejects.toMatchObject(
      refusal(404, 'notFound'),
    )
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
      await expect(push.watchEvents(more)).rejects.toMatchObject(refusal(400, reason))
    }
    const { id = '' } = await push.watchEvents()
    await expect(push.watchEvents({ id })).rejects.toMatchObject(refusal(400, 'channelIdNotUnique'))
    const holidays = 'en.german#holiday@group.v.calendar.google.com'
    push.google.addCalendar({ email: alice, id: holidays, summary: 'Holidays' })
    const watch = push.calendar().events.watch({ calendarId: holidays, requestBody: push.channel() })
    await expect(watch).rejects.toMatchObject(refusal(400, 'pushNotSupportedForRequestedResource'))
  })

  it('of the calendar list tells that a calendar was shared', async () => {
    await push.calendar().calendarList.watch({ requestBody: push.channel() })
    await push.told()
    push.google.share(bob, { email: alice, accessRole: 'reader' })
    await push.told()
    expect(push.states()).toEqual(['sync', 'exists'])
  })

  it('of Drive tells changes of files and of shared drives, for an hour unless it asks for more', async () => {
    const now = push.google.freezeClock()
    const pageToken = (await push.drive().changes.getStartPageToken()).data.startPageToken ?? ''
    const { data } = await push.drive().changes.watch({ pageToken, requestBody: push.channel() })
    expect(Number(data.expiration) - now.getTime()).toBe(3_600_000)
    push.google.putFile(alice, { id: 'a' })
    await push.told()
    push.google.addSharedDrive({ name: 'Team', members: [alice] })
    await push.told()
    expect(push.states()).toEqual(['sync', 'change', 'change'])
    await push
      .drive()
      .channels.stop({ requestBody: { id: data.id ?? '', resourceId: data.resourceId ?? '' } })
    expect(push.google.state().channels).toEqual([])
  })
})
