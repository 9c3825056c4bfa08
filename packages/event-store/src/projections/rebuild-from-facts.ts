import { sqlOf } from '../database/sql.ts'
import type { Projection, UnitOfWork } from '../log/event-store.ts'
import { savepoint } from '../log/unit-of-work.ts'
import {
  differenceOf,
  type ProjectedRows,
  type ProjectedTable,
  readRows,
  removeRows,
  writeRows,
} from './projected-rows.ts'
import type { Rebuildable } from './rebuildable.ts'

/** A projection, rebuilt by folding a stream's facts again. `tables` are in the order of their foreign keys, referenced
 * ones first. */
export function rebuildFromFacts(
  projection: Projection,
  from: {
    readonly streamTypes: readonly string[]
    readonly tables: readonly ProjectedTable[]
    /** What writers of these rows lock before the stream. */
    readonly lockFirst?: (unit: UnitOfWork, streamId: string) => Promise<void>
  },
): Rebuildable {
  const { streamTypes, tables, lockFirst } = from
  return {
    name: projection.name,
    streamTypes,
    tables: tables.map(({ table }) => table),
    rebuild: async (unit, streamId) => {
      await lockFirst?.(unit, streamId)
      // Every append takes this lock.
      await sqlOf(unit)('select from es.stream where stream_id = $1 for update', [streamId])
      const there = await rowsOf(unit, tables, streamId)
      const expected = await rowsFromFacts(unit, projection, { tables, streamId })
      const steps = tables.map((table, nr) => ({
        table,
        ...differenceOf(there[nr] ?? [], expected[nr] ?? []),
      }))
      for (const { table, superfluous } of steps.toReversed())
        await removeRows(unit, table, { streamId, keys: superfluous })
      for (const { table, wrong } of steps) await writeRows(unit, table, wrong)
      return {
        rows: expected.reduce((sum, rows) => sum + rows.length, 0),
        wrong: steps.reduce((sum, { superfluous, wrong }) => sum + superfluous.length + wrong.length, 0),
      }
    },
  }
}

/** Carries the rows out of a savepoint that is undone. */
class Undone extends Error {
  readonly rows: readonly ProjectedRows[]
  constructor(rows: readonly ProjectedRows[]) {
    super('undone on purpose')
    this.rows = rows
  }
}

async function rowsFromFacts(
  unit: UnitOfWork,
  projection: Projection,
  of: { readonly tables: readonly ProjectedTable[]; readonly streamId: string },
): Promise<readonly ProjectedRows[]> {
  try {
    return await savepoint(unit, async (inner) => {
      await projection.forget(inner, of.streamId)
      const { facts } = await inner.readStream(of.streamId)
      for (const fact of facts) await projection.apply(inner, fact)
      throw new Undone(await rowsOf(inner, of.tables, of.streamId))
    })
  } catch (error) {
    if (error instanceof Undone) return error.rows
    throw error
  }
}

async function rowsOf(
  unit: UnitOfWork,
  tables: readonly ProjectedTable[],
  streamId: string,
): Promise<ProjectedRows[]> {
  const rows: ProjectedRows[] = []
  for (const table of tables) rows.push(await readRows(unit, table, streamId))
  return rows
}
