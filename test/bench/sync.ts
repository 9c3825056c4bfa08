import { setTimeout as delay } from 'node:timers/promises'
import { calendarIdOf, requiredScopes } from '@evergrant/event-contracts'
import type { CalendarAccount } from './calendar-accounts.ts'
import { type CalendarWorld, startCalendarWorld, until } from './calendar-world.ts'
import type { NaiveResult, NaiveWay } from './naive-sync.ts'
import { numberOption } from './option.ts'
import { inMs } from './percentiles.ts'
import { memoryOf } from './process-memory.ts'
import { pushLatency } from './push-latency.ts'
import { runNaiveSync } from './run-naive-sync.ts'

const events = numberOption('events', 50_000)
/** What the naive ones get to do of them: their rate does not depend on it, and they are slow. */
const naiveEvents = Math.min(events, numberOption('naive', 20_000))
const rounds = numberOption('rounds', 200)
const changes = numberOption('changes', 200)
const seldomMs = 25
/** Whoever has more has waited long enough for the first. */
const mostForAnother = 50_000

interface Sync {
  readonly status: string
  readonly counts: { readonly upserted: number; readonly unchanged: number }
}

/** One calendar and one process of calendar-service: a first load from the connection on, beside what others would have
 * written; a resync that finds nothing new, a sync of nothing, and changes that Google pushes. */
export async function sync(): Promise<readonly string[]> {
  const world = await startCalendarWorld()
  const { google, tokens, services } = world
  try {
    const account = tokens.newAccount()
    const calendarId = calendarIdOf(account.connectionId, account.email)
    google.seedEvents(account.email, { count: events, seed: 1 })
    const loadMs = await firstLoad(world, account)
    const again = await anotherLoad(world)
    const resync = await unchangedResync(world, account, calendarId)
    const peak = memoryOf(services[0]?.pid ?? 0, 'peak')
    return [
      `${events} events, connected → fresh, the first thing the process does: ${perSecond(events, loadMs)}`,
      ...again,
      ...resync,
      `peak RSS of calendar-service until here: ${peak}`,
      ...(await naiveOnes(world, account, events / loadMs)),
      ...(await nothingNew(world, account, calendarId)),
      ...(await pushLatency(world, { account, calendarId, changes })),
    ]
  } finally {
    await world.stop()
  }
}

/** What a process does that is not new any more. */
async function anotherLoad(world: CalendarWorld): Promise<readonly string[]> {
  if (events > mostForAnother) return []
  const account = world.tokens.newAccount()
  world.google.seedEvents(account.email, { count: events, seed: 2 })
  return [`${events} events of another account: ${perSecond(events, await firstLoad(world, account))}`]
}

async function firstLoad({ tokens, sql }: CalendarWorld, account: CalendarAccount) {
  const calendarId = calendarIdOf(account.connectionId, account.email)
  const began = performance.now()
  await tokens.connect(account)
  const isSynced = 'select 1 from synced_resource where resource_id = $1 and last_synced_at is not null'
  await until(async () => (await sql(isSynced, [calendarId])).length > 0, seldomMs)
  return performance.now() - began
}

async function unchangedResync(world: CalendarWorld, account: CalendarAccount, calendarId: string) {
  const before = await factsAndChanges(world, calendarId)
  const { ms, counts } = await synced(world, account, { calendarId, mode: 'full', everyMs: seldomMs })
  const after = await factsAndChanges(world, calendarId)
  const names = after.types.slice(before.types.length).join(', ')
  return [
    `resync, ${counts.unchanged} unchanged, ${counts.upserted} upserted: ${perSecond(events, ms)}`,
    `it wrote ${after.changes - before.changes} facts about events; about the calendar: ${names}`,
  ]
}

/** Facts about single events are rows of the change log; those about the calendar are in its stream. */
async function factsAndChanges({ sql }: CalendarWorld, calendarId: string) {
  const [row] = await sql<{ n: number }>(
    'select count(*)::int as n from calendar_change where calendar_id = $1',
    [calendarId],
  )
  const facts = await sql<{ type: string }>(
    'select type from es.event where stream_id = $1 order by version',
    [`calendar-${calendarId}`],
  )
  return { changes: row?.n ?? 0, types: facts.map(({ type }) => type) }
}

/** Each in a process and a table of its own, on the same database server, with the same Google. */
async function naiveOnes({ google, postgres, sql }: CalendarWorld, account: CalendarAccount, ours: number) {
  await sql('create database naive')
  const databaseUrl = new URL(postgres.url)
  databaseUrl.pathname = '/naive'
  const { accessToken } = google.issueTokens({
    email: account.email,
    scopes: requiredScopes('calendar', 'read'),
  })
  const task = {
    databaseUrl: databaseUrl.href,
    googleUrl: google.url,
    accessToken,
    calendarId: account.email,
    most: naiveEvents,
  }
  const line = (way: NaiveWay, { events: stored, ms, peak }: NaiveResult) =>
    `googleapis and MikroORM, ${way}, ${perSecond(stored, ms)}, peak RSS ${peak}; ours is ${(ours / (stored / ms)).toFixed(1)} times that`
  const lines: string[] = []
  for (const way of ['row-by-row', 'upsert-many'] as const)
    lines.push(line(way, await runNaiveSync({ ...task, way })))
  return lines
}

async function nothingNew(world: CalendarWorld, account: CalendarAccount, calendarId: string) {
  const { google, sql } = world
  const run = async (everyMs: number) => {
    const done: { readonly id: string; readonly ms: number }[] = []
    for (let round = 0; round < rounds; round++)
      done.push(await synced(world, account, { calendarId, everyMs }))
    return done
  }
  await synced(world, account, { calendarId, everyMs: 2 })
  google.clearRequests()
  const watched = await run(2)
  const requests = google.requests({ path: '/calendar/v3' })
  // A new account's channels are opened within a minute, which is no part of any sync.
  const opened = requests.filter(({ path }) => path.endsWith('/watch')).length
  const asked = ((requests.length - opened) / rounds).toFixed(2)
  // Who looks every two milliseconds takes a third of the machine: what the sync itself takes is seen without.
  const alone = await run(seldomMs)
  const inside = await sql<{ asked: number; run: number }>(
    `select extract(epoch from ended_at - requested_at)::float8 * 1000 as asked,
            extract(epoch from ended_at - started_at)::float8 * 1000 as run
       from sync_status where sync_id = any($1::uuid[])`,
    [alone.map(({ id }) => id)],
  )
  return [
    `nothing new: ${asked} requests to Google each, and ${opened} for channels meanwhile`,
    `nothing new, POST → completed over HTTP, looked at every 2 ms: ${inMs(watched.map(({ ms }) => ms))}`,
    `nothing new, requested → completed, as the sync's own facts say: ${inMs(inside.map(({ asked }) => asked))}`,
    `nothing new, started → completed, as the sync's own facts say: ${inMs(inside.map(({ run: ms }) => ms))}`,
  ]
}

async function synced(
  { ask, call }: CalendarWorld,
  account: CalendarAccount,
  { everyMs, ...what }: { readonly calendarId: string; readonly mode?: 'full'; readonly everyMs: number },
) {
  const began = performance.now()
  const id = await ask(account, what)
  for (;;) {
    const done = (await call(account, `/v1/calendar/syncs/${id}`)).body as Sync
    if (done.status === 'completed') return { id, ms: performance.now() - began, counts: done.counts }
    if (done.status === 'failed') throw new Error(`the sync failed: ${JSON.stringify(done)}`)
    await delay(everyMs)
  }
}

const perSecond = (count: number, ms: number) =>
  `${Math.round(count / (ms / 1000))} events/s (${count} in ${Math.round(ms)} ms)`
