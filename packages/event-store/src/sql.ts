import type { EntityManager } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { translateDatabaseError } from './database-errors.ts'
import type { UnitOfWork } from './event-store.ts'
import { entityManagerOf, noteFailure } from './unit-of-work.ts'

/** Runs one statement with real bind parameters (`$1`), never with values written into the text. Mind that `int8`
 * and times come back as strings: cast them (`::float8`, `epochMs`). */
export type Sql = <Row>(text: string, params?: readonly unknown[]) => Promise<Row[]>

/** SQL inside a unit of work's transaction, or each statement on its own for a database.
 * @throws DomainError `database_unavailable` when the connection is lost; PostgreSQL's own error otherwise. */
export function sqlOf(where: UnitOfWork | Database): Sql {
  if ('orm' in where) return run(() => where.em())
  const em = entityManagerOf(where)
  return run(
    () => em,
    () => noteFailure(em),
  )
}

function run(manager: () => EntityManager, onFailure?: () => void): Sql {
  return async <Row>(text: string, params: readonly unknown[] = []) => {
    try {
      const result = await manager()
        .getKysely()
        .executeQuery(CompiledQuery.raw(text, [...params]))
      return result.rows as Row[]
    } catch (error) {
      onFailure?.()
      throw translateDatabaseError(error)
    }
  }
}

/** A `timestamptz` as a JavaScript number of milliseconds. */
export function epochMs(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::float8`
}
