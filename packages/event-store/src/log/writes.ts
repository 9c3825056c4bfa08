import { type Sql, sqlOf } from '../database/sql.ts'
import type { UnitOfWork, Write } from './event-store.ts'
import { bindingOf } from './unit-of-work.ts'

/** Writes rows in the unit's transaction, or with the append that is put off. */
export function writesOf(unit: UnitOfWork): (writes: readonly Write[]) => Promise<void> {
  return async (writes) => {
    if (writes.length === 0 || bindingOf(unit).putOff(writes)) return
    await writeNow(sqlOf(unit), writes)
  }
}

/** Several writes as one statement. */
export async function writeNow(sql: Sql, writes: readonly Write[]): Promise<void> {
  const { parts, params } = partsOf(
    writes.map((write) => ({ ...write, unit: 0 })),
    'true',
  )
  await sql(`with ${parts.join(',\n')} select`, params)
}

/** A write and which unit of work it belongs to. */
export interface UnitWrite extends Write {
  readonly unit: number
}

/** The parts of one statement: each statement once, with all of its rows for which a condition on `unit` holds. Their
 * parameters follow those that are there. */
export function partsOf(
  writes: readonly UnitWrite[],
  onlyIf: string,
  before: readonly unknown[] = [],
): { readonly parts: readonly string[]; readonly params: readonly unknown[] } {
  const params = [...before]
  // In the same order whoever comes first: the same statements make the same text.
  const byStatement = [...Map.groupBy(writes, ({ statement }) => statement)].sort(([one], [other]) =>
    one.columns < other.columns ? -1 : 1,
  )
  const parts = byStatement.flatMap(([{ columns, text }, its], index) => {
    const rows = `rows_${index}`
    params.push(JSON.stringify(its.map(({ row, unit }) => ({ ...row, unit }))))
    const known = `select * from jsonb_to_recordset($${params.length}::jsonb) as r(unit int, ${columns})`
    return [`${rows} as (${known} where ${onlyIf})`, `written_${index} as (${text(rows)})`]
  })
  return { parts, params }
}

/** @throws TypeError for a write that would happen for a writer who has lost the race as well. */
export function refuseUnconditional(writes: readonly Write[]): void {
  for (const { statement } of writes)
    if (!/\bthe_rows\b/.test(statement.text('the_rows'))) throw new TypeError('a write without its condition')
}
