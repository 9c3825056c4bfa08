import { type Sql, sqlOf } from '../database/sql.ts'
import type { UnitOfWork } from '../log/event-store.ts'

/** A table of a read model, and how its rows belong to a stream. */
export interface ProjectedTable {
  readonly table: string
  readonly key: readonly string[]
  /** Which rows are a stream's, as a condition with `$1`. */
  readonly where: string
  /** What `$1` is for a stream; its id when absent. */
  readonly of?: (streamId: string) => unknown
  /** Columns that others than facts write as well, such as leases: not compared, and kept where the row is there. */
  readonly kept?: readonly string[]
}

interface ProjectedRow {
  readonly key: string
  /** The row without what is kept. Rows stay text: numbers of a jsonb would not all survive JavaScript. */
  readonly compared: string
  readonly row: string
}

export type ProjectedRows = readonly ProjectedRow[]

/** The rows of a stream as they are. */
export function readRows(
  unit: UnitOfWork,
  { table, key, where, of, kept = [] }: ProjectedTable,
  streamId: string,
): Promise<ProjectedRow[]> {
  return sqlOf(unit)<ProjectedRow>(
    `select ${keyOf(key)} as key, (to_jsonb(t) - $2::text[])::text as compared, to_jsonb(t)::text as row
       from ${table} t where ${where}`,
    [idOf(of, streamId), kept],
  )
}

/** What has to be done to the rows that are there so that they are the ones that should be. */
export function differenceOf(
  there: ProjectedRows,
  expected: ProjectedRows,
): { readonly superfluous: readonly string[]; readonly wrong: readonly string[] } {
  const found = new Map(there.map(({ key, compared }) => [key, compared]))
  const wanted = new Set(expected.map(({ key }) => key))
  return {
    superfluous: [...found.keys()].filter((key) => !wanted.has(key)),
    wrong: expected.filter(({ key, compared }) => found.get(key) !== compared).map(({ row }) => row),
  }
}

export async function removeRows(
  unit: UnitOfWork,
  { table, key, where, of }: ProjectedTable,
  at: { readonly streamId: string; readonly keys: readonly string[] },
): Promise<void> {
  if (at.keys.length === 0) return
  await sqlOf(unit)(`delete from ${table} t where ${where} and ${keyOf(key)} = any($2::text[])`, [
    idOf(of, at.streamId),
    at.keys,
  ])
}

/** In place: whoever waits for the row's lock finds it again. */
export async function writeRows(
  unit: UnitOfWork,
  { table, key, kept = [] }: ProjectedTable,
  rows: readonly string[],
): Promise<void> {
  if (rows.length === 0) return
  const sql: Sql = sqlOf(unit)
  const columns = Object.keys(JSON.parse(rows[0] ?? '{}'))
  const set = columns
    .filter((column) => !key.includes(column) && !kept.includes(column))
    .map((column) => `${column} = excluded.${column}`)
  await sql(
    `insert into ${table} (${columns.join(', ')})
     select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb)
     on conflict (${key.join(', ')}) do ${set.length === 0 ? 'nothing' : `update set ${set.join(', ')}`}`,
    [`[${rows.join(',')}]`],
  )
}

function keyOf(columns: readonly string[]): string {
  return `jsonb_build_array(${columns.map((column) => `t.${column}`).join(', ')})::text`
}

function idOf(of: ProjectedTable['of'], streamId: string): unknown {
  return of === undefined ? streamId : of(streamId)
}
