import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
const events = '/calendar/v3/calendars/*/events'

describe('the page that comes next', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let whileStoring: (() => Promise<void>) | null = null

  beforeAll(async () => {
    service = await world.start({
      crashPoint: async (point) => {
        if (point !== 'page_stored') return
        const look = whileStoring
        whileStoring = null
        await look?.()
      },
    })
  })

  const threePages = async (): Promise<ConnectedUser> => {
    const user = await world.connected(service)
    for (const id of ['aaaaa', 'bbbbb', 'ccccc']) world.google().putEvent(user.email, { id, ...day })
    world.google().planPages([1, 1])
    return user
  }
  const synced = (user: ConnectedUser) => world.sync(service, user, { calendarId: user.calendarId() })
  const ids = async (user: ConnectedUser) => (await world.events(service, user)).map(({ id }) => id)

  it('is asked for while the one before is not committed yet', async () => {
    const user = await threePages()
    let committed: unknown
    whileStoring = async () => {
      await expect.poll(() => world.eventRequests().length, { timeout: 5_000 }).toBe(2)
      committed = await ids(user)
    }
    expect(await synced(user)).toMatchObject({ status: 'completed', counts: { pages: 3 } })
    expect(committed).toEqual([])
    expect(await ids(user)).toEqual(['aaaaa', 'bbbbb', 'ccccc'])
    expect(world.eventRequests()).toHaveLength(3)
  })

  it('is asked for again with a fresh token when Google refused it', async () => {
    const user = await threePages()
    world.google().addFault({ path: events, nth: 2, status: 401, reason: 'authError' })
    expect(await synced(user)).toMatchObject({ status: 'completed', counts: { pages: 3 } })
    expect(await ids(user)).toEqual(['aaaaa', 'bbbbb', 'ccccc'])
    expect(world.eventRequests()).toHaveLength(4)
  })
})
