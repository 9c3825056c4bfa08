import type { Database } from '../database/database.ts'
import { runOn } from '../database/sql.ts'
import type { AppendRow, AskedAppend } from './append-to-stream.ts'
import type { Write } from './event-store.ts'
import { partsOf } from './writes.ts'

/** An append that waits for nothing any more, and the rows that go with it. */
export interface ReadyAppend {
  readonly asked: AskedAppend
  readonly writes: readonly Write[]
}

/** Commits an append and its rows. @returns what became of it: one that was refused has written nothing.
 * @throws PostgreSQL's and the driver's own errors: whoever tries again has to know what became of the connection. */
export type AppendTogether = (ready: ReadyAppend) => Promise<AppendRow | undefined>

interface Waiting extends ReadyAppend {
  readonly settle: (row: AppendRow | undefined) => void
  readonly fail: (error: unknown) => void
}

const mostTogether = 32
/** While these are being written, the next ones gather: the busier, the more of them share a commit. */
const mostUnderWay = 2

/**
 * What is ready at the same moment goes as one statement, that is one transaction. Nobody depends on who shares it: each
 * append is accepted or refused on its own version, a stream that somebody else holds is waited for alone, and when the
 * statement fails, each is sent on its own and fails for itself.
 */
export function createAppendTogether(database: Database): AppendTogether {
  const gathered: Waiting[] = []
  let underWay = 0
  let awaited = false

  const begin = () => {
    awaited = false
    while (gathered.length > 0 && underWay < mostUnderWay) {
      underWay += 1
      void appendGroup(database, gathered.splice(0, mostTogether)).then(() => {
        underWay -= 1
        begin()
      })
    }
  }
  return (ready) => {
    // A stream that does not exist cannot be held.
    if (ready.asked.mode !== 'exact') return appendAlone(database, ready)
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<AppendRow | undefined>()
    gathered.push({ ...ready, settle, fail })
    // After everything that this turn of the event loop has woken.
    if (!awaited) setImmediate(begin)
    awaited = true
    return promise
  }
}

/** Settles everybody in the group, and ends when nobody needs the group any more. */
async function appendGroup(database: Database, group: readonly Waiting[]): Promise<void> {
  const alone = (waiting: Waiting) => void appendAlone(database, waiting).then(waiting.settle, waiting.fail)
  try {
    const rows = await send(database, group, ofFreeStreams)
    for (const [unit, waiting] of group.entries()) {
      const row = rows.get(unit)
      if (row === undefined) alone(waiting)
      else waiting.settle(row)
    }
  } catch (error) {
    // One of them is at fault, or the connection was lost; if it was lost after the commit, each stream has moved on.
    for (const waiting of group) {
      if (group.length === 1) waiting.fail(error)
      else alone(waiting)
    }
  }
}

async function appendAlone(database: Database, ready: ReadyAppend): Promise<AppendRow | undefined> {
  return (await send(database, [ready], '')).get(0)
}

/** Whoever holds a stream may hold it for long; the others in the group must not wait for that. */
const ofFreeStreams = 'join es.stream s using (stream_id) for no key update of s skip locked'

async function send(
  database: Database,
  group: readonly ReadyAppend[],
  which: string,
): Promise<ReadonlyMap<number, AppendRow>> {
  const asked = JSON.stringify(group.map((ready, unit) => ({ ...ready.asked, unit })))
  const writes = group.flatMap((ready, unit) => ready.writes.map((write) => ({ ...write, unit })))
  const accepted = "unit in (select unit from appended where outcome = 'appended')"
  const { parts, params } = partsOf(writes, accepted, [asked])
  const text = `with ${[`asked as materialized (${askedText} ${which})`, appendedText, ...parts].join(',\n')}
    select unit, outcome, stream_version::float8, first_version::float8, positions::float8[] from appended`
  const { rows } = await runOn(database.em(), text, params)
  return new Map((rows as (AppendRow & { readonly unit: number })[]).map((row) => [row.unit, row]))
}

const askedText = `
  select a.* from jsonb_to_recordset($1::jsonb) as a(
    unit int, stream_id text, type text, mode text, expected bigint, facts jsonb, metadata jsonb, at timestamptz,
    publications jsonb, command_id text)`
const appendedText = `appended as materialized (
  select a.unit, done.* from asked a cross join lateral es.append(
    a.stream_id, a.type, a.mode, a.expected, a.facts, a.metadata, a.at, a.publications, a.command_id) as done)`
