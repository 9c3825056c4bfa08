import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const times = { start: { date: '2026-06-01' }, end: { date: '2026-06-02' } }
const path = '/calendar/v3/calendars/*/events'

describe('writing within what Google allows', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let user: ConnectedUser

  beforeAll(async () => {
    service = await world.start()
  })
  beforeEach(async () => {
    user = await world.connected(service)
  })

  const ask = (method: string, to: string, body: object) =>
    world.call(service, to, { sub: user.user, method, body })
  const create = (fields: object, query = '') =>
    ask('POST', `/v1/calendar/events${query}`, { calendarId: user.calendarId(), ...times, ...fields })

  it('tells when to come back from too many invitations, does not insist, and goes on reading (B5.69, B6.83)', async () => {
    world.google().addFault({ method: 'POST', path, status: 403, reason: 'quotaExceeded', times: null })
    const attendees = Array.from({ length: 200 }, (_, nr) => ({ email: `guest-${nr}@example.com` }))
    const { status, body, headers } = await create({ attendees }, '?sendUpdates=none')
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'google_busy', '3600'])
    expect(world.writes()).toEqual(['POST 403'])
    world.google().putEvent(user.email, { id: 'theirs00', ...times })
    expect(await world.sync(service, user)).toMatchObject({ status: 'completed', counts: { upserted: 1 } })
  })

  it('keeps conferences, attachments and what nobody knows yet through a change of something else (B6.81)', async () => {
    const kept = {
      conferenceData: { conferenceId: 'abc-defg', notes: 'Room' },
      attachments: [{ fileUrl: 'https://drive.example.com/plan', title: 'Plan' }],
    }
    const { body: made } = await create({ summary: 'Tea', ...kept })
    const stored = { id: made.id ?? '', summary: 'Tea', ...times, ...kept, mood: { of: ['tomorrow'] } }
    world.google().putUncheckedEvent(user.email, stored)
    await world.sync(service, user)
    const { body } = await ask('PATCH', `/v1/calendar/events/${made.id}`, { summary: 'Coffee' })
    expect(body).toMatchObject({ ...stored, summary: 'Coffee' })
    const { body: later } = await ask('PATCH', `/v1/calendar/events/${made.id}`, {
      attachments: [],
      conferenceData: { ...kept.conferenceData, notes: 'Garden' },
    })
    expect(later).toMatchObject({ conferenceData: { notes: 'Garden' }, mood: stored.mood })
    const manners = world
      .google()
      .requests({ path: '/calendar/v3/calendars/' })
      .filter(({ method }) => method !== 'GET')
      .map(({ query }) => [query.conferenceDataVersion, query.supportsAttachments])
    expect(manners).toEqual([
      ['1', 'true'],
      [undefined, undefined],
      ['1', 'true'],
    ])
  })
})
