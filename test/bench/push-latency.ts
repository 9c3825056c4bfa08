import { setTimeout as delay } from 'node:timers/promises'
import type { CalendarAccount } from './calendar-accounts.ts'
import { type CalendarWorld, until } from './calendar-world.ts'
import { inMs } from './percentiles.ts'

const lookEveryMs = 3

/** An event is made at Google, which pushes: how long until it can be read over HTTP. One change after the other. */
export async function pushLatency(
  { google, call, sql }: CalendarWorld,
  at: { readonly account: CalendarAccount; readonly calendarId: string; readonly changes: number },
): Promise<readonly string[]> {
  const { account, calendarId, changes } = at
  const channels = `select 1 from push_channel where resource_id = $1 and state = 'open'`
  await until(async () => (await sql(channels, [calendarId])).length > 0, 250)
  const [before] = await sql<{ n: number }>(pushSyncs)
  google.clearRequests()
  const times: number[] = []
  for (let nth = 0; nth < changes; nth++) {
    const id = `pushed${nth.toString().padStart(6, '0')}`
    const path = `/v1/calendar/events/${id}?calendarId=${calendarId}`
    const began = performance.now()
    google.putEvent(account.email, { id, start: { date: '2040-01-01' }, end: { date: '2040-01-02' } })
    while ((await call(account, path)).status !== 200) await delay(lookEveryMs)
    times.push(performance.now() - began)
  }
  const [after] = await sql<{ n: number }>(pushSyncs)
  const asked = google.requests({ path: '/calendar/v3' }).length
  return [
    `changed at Google → pushed → read over HTTP: ${inMs(times)}`,
    `for ${changes} changes ${(after?.n ?? 0) - (before?.n ?? 0)} syncs and ${asked} requests to Google`,
  ]
}

const pushSyncs = `select count(*)::int as n from sync_status where cause = 'push'`
