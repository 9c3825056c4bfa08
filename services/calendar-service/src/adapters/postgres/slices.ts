import type { Sql } from '@evergrant/event-store'
import type { Slice } from '../../application/ports.ts'
import { firstSlice, type SlicePosition } from '../../domain/rest.ts'

/** What one look at the next ids of a table came to; `last` is null when there was none. */
interface Look<Row> {
  readonly rows: readonly Row[]
  readonly looked: number
  readonly last: string | null
}

/** One thing that is done with the rows of a resource. */
export interface Phase<Row> {
  /** Takes at most so many after an id. */
  readonly look: (after: string | null, most: number) => Promise<Look<Row>>
  /** Rows are merely put away, with nothing to tell of them: more at a time, and each counts for less. */
  readonly isPuttingAway: boolean
}

// So much less is it to put a row away than to change one and tell of it.
const lighter = 4

/** Goes through the phases, one after the other, until there were enough rows. Each look is a statement of its own, so that
 * none takes longer because a resource is larger. `found` has the rows of each phase. */
export async function takeSlice<Row>(
  phases: readonly Phase<Row>[],
  { at, mostRows }: Slice,
): Promise<{
  readonly found: readonly (readonly Row[])[]
  readonly putAway: number
  readonly next: SlicePosition | null
}> {
  const found: Row[][] = phases.map(() => [])
  let { phase, after } = at
  let [taken, putAway] = [0, 0]
  for (let step = phases[phase]; step !== undefined; step = phases[phase]) {
    if (taken >= mostRows) return { found, putAway, next: { phase, after } }
    const most = step.isPuttingAway ? mostRows * lighter : mostRows
    const { rows, looked, last } = await step.look(after, most)
    found[phase]?.push(...rows)
    taken += step.isPuttingAway ? looked / lighter : rows.length
    if (step.isPuttingAway) putAway += looked
    if (looked < most) {
      phase += 1
      after = null
    } else after = last
  }
  return { found, putAway, next: null }
}

/** Puts everything away that a phase finds, in the caller's transaction. */
export async function putAll<Row>(phase: Phase<Row>): Promise<void> {
  const mostRows = 2500
  for (let at: SlicePosition | null = firstSlice; at !== null; ) {
    at = (await takeSlice([phase], { at, mostRows })).next
  }
}

/** A phase in SQL. `looked` are the next rows of `from` with an `id`, found by an index in the order of ids, whatever the
 * planner believes of a table that was filled a moment ago; `write` are the parts of a `with` that make a `w` of Rows of them. */
export function lookingPhase<Row extends object>(
  sql: Sql,
  how: {
    readonly id: string
    readonly columns: string
    readonly from: string
    readonly write: string
    /** `$2` and so on. */
    readonly params: readonly unknown[]
    readonly row: (found: Row) => Row
    readonly isPuttingAway?: boolean
  },
): Phase<Row> {
  const { id, columns, from, write, params, row, isPuttingAway = false } = how
  const look: Phase<Row>['look'] = async (after, most) => {
    const beyond = after === null ? '' : `and ${id} > $${params.length + 2}`
    const found = await sql<Row & { last: string | null; looked: number; written: boolean | null }>(
      `with looked as materialized (
         select ${id} as id, ${columns} from ${from} ${beyond} order by ${id} limit $1),
       ${write}
       select l.last, l.looked, w.* from (select max(id) as last, count(*)::int as looked from looked) l
         left join (select true as written, * from w) w on true`,
      [most, ...params, ...(after === null ? [] : [after])],
    )
    const [{ last, looked } = { last: null, looked: 0 }] = found
    return { last, looked, rows: found.filter(({ written }) => written === true).map(row) }
  }
  return { look, isPuttingAway }
}
