import { setTimeout as delay } from 'node:timers/promises'
import { type CalendarWorld, startCalendarWorld, until } from './calendar-world.ts'
import { numberOption } from './option.ts'
import { percentile } from './percentiles.ts'
import { memoryOf } from './process-memory.ts'

const connections = numberOption('connections', 1_000)
const processes = numberOption('processes', 2)
const staleAfterSeconds = numberOption('stale', 60)
const seconds = numberOption('seconds', 180)
const eventsEach = 20
/** As DESIGN has it, a resource is what has a cursor of its own: here a connection's calendar list and its two calendars. */
const resourcesEach = 3
const lookEveryMs = 2_000

interface Look {
  readonly ages: readonly number[]
  readonly due: number
}

/** A thousand connections × three resources, kept fresh by two processes: how long until all were synced once, then how old
 * the copies get and what that asks of Google. Nothing changes at Google, which is what polling mostly finds. */
export async function fresh(): Promise<readonly string[]> {
  const world = await startCalendarWorld({
    processes,
    // As if nothing could be watched: what is measured is the polling.
    env: {
      SYNC_STALE_AFTER_SECONDS: String(staleAfterSeconds),
      SYNC_BACKSTOP_AFTER_SECONDS: String(staleAfterSeconds),
    },
  })
  try {
    const firstMs = await connectAll(world)
    // From the first load on everybody is due at nearly the same time; one turn later that is the steady state.
    await delay(staleAfterSeconds * 1_000)
    return [
      `${connections} connections × ${resourcesEach} resources, ${processes} processes: all synced once after ${(firstMs / 1_000).toFixed(1)} s`,
      ...(await steadyState(world)),
      ...world.services.map(
        ({ pid }, nth) =>
          `process ${nth + 1}: RSS ${memoryOf(pid, 'now')}, at its peak ${memoryOf(pid, 'peak')}`,
      ),
    ]
  } finally {
    await world.stop()
  }
}

async function connectAll({ google, tokens, sql }: CalendarWorld): Promise<number> {
  const accounts = Array.from({ length: connections }, tokens.newAccount)
  for (const { email } of accounts) {
    const { id } = google.addCalendar({ email, summary: 'Second' })
    for (const calendar of [email, id]) google.seedEvents(calendar, { count: eventsEach, seed: 1 })
  }
  const began = performance.now()
  for (const account of accounts) await tokens.connect(account)
  const synced = 'select count(*)::int as n from synced_resource where last_synced_at is not null'
  await until(
    async () => (await sql<{ n: number }>(synced))[0]?.n === connections * resourcesEach,
    lookEveryMs / 10,
  )
  return performance.now() - began
}

async function steadyState(world: CalendarWorld): Promise<readonly string[]> {
  const { google } = world
  const endedBefore = await endedSyncs(world)
  const ages: number[] = []
  const due: number[] = []
  const asked = new Map<string, number>()
  let refused = 0
  google.clearRequests()
  const began = performance.now()
  while (performance.now() - began < seconds * 1_000) {
    await delay(lookEveryMs)
    const look = await lookAt(world)
    ages.push(...look.ages)
    due.push(look.due)
    for (const { path, status } of google.requests()) {
      const what = kindOf(path)
      asked.set(what, (asked.get(what) ?? 0) + 1)
      if (status >= 400) refused += 1
    }
    google.clearRequests()
  }
  const took = (performance.now() - began) / 1_000
  const ended = await endedSyncs(world)
  const per = (count: number) => `${(count / took).toFixed(1)}/s`
  const requests = [...asked].map(([what, count]) => `${what} ${per(count)}`).join(', ')
  const age = (share: number) => `${percentile(ages, share).toFixed(1)} s`
  return [
    `over ${took.toFixed(0)} s, now − last success, due at ${staleAfterSeconds} s: p50 ${age(0.5)}, p99 ${age(0.99)}, max ${age(1)} (n = ${ages.length})`,
    `runs that waited at a look: p50 ${percentile(due, 0.5)}, max ${percentile(due, 1)}`,
    `syncs ${per(ended.completed - endedBefore.completed)}; requests to Google: ${requests}`,
    `failed syncs ${ended.failed - endedBefore.failed}, requests that Google refused ${refused}`,
  ]
}

async function lookAt({ sql }: CalendarWorld): Promise<Look> {
  const rows = await sql<{ age: number }>(
    'select extract(epoch from now() - last_synced_at)::float8 as age from synced_resource',
  )
  const [waiting] = await sql<{ n: number }>(
    `select count(*)::int as n from resource_run where state = 'queued' and due_at <= now()`,
  )
  return { ages: rows.map(({ age }) => age), due: waiting?.n ?? 0 }
}

async function endedSyncs({ sql }: CalendarWorld) {
  const [row] = await sql<{ completed: number; failed: number }>(
    `select count(*) filter (where status = 'completed')::int as completed,
            count(*) filter (where status = 'failed')::int as failed from sync_status`,
  )
  return row ?? { completed: 0, failed: 0 }
}

function kindOf(path: string): string {
  if (path.endsWith('/watch')) return 'watch'
  return path.endsWith('/events')
    ? 'events.list'
    : path.endsWith('/calendarList')
      ? 'calendarList.list'
      : path
}
