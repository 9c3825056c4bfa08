import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { translateDatabaseError } from './database-errors.ts'
import type { UnitOfWork } from './event-store.ts'
import { entityManagerOf } from './unit-of-work.ts'

/** Runs one statement with real bind parameters (`$1`), never with values written into the text. Mind that `int8`
 * and times come back as strings: cast them (`::float8`, `epochMs`). */
export type Sql = <Row>(text: string, params?: readonly unknown[]) => Promise<Row[]>

/** SQL inside a unit of work's transaction, or each statement on its own for a database.
 * @throws DomainError `database_unavailable` when the connection is lost; PostgreSQL's own error otherwise. */
export function sqlOf(where: UnitOfWork | Database): Sql {
  const manager = 'orm' in where ? () => where.em() : () => entityManagerOf(where)
  return async <Row>(text: string, params: readonly unknown[] = []) => {
    try {
      const result = await manager()
        .getKysely()
        .executeQuery(CompiledQuery.raw(text, [...params]))
      return result.rows as Row[]
    } catch (error) {
      throw translateDatabaseError(error)
    }
  }
}

/** A `timestamptz` as a JavaScript number of milliseconds. */
export function epochMs(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::float8`
}
