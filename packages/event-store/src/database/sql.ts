import type { EntityManager } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import type { UnitOfWork } from '../log/event-store.ts'
import { bindingOf } from '../log/unit-of-work.ts'
import type { Database } from './database.ts'
import { translateDatabaseError } from './database-errors.ts'

/** Runs one statement with real bind parameters (`$1`), never with values written into the text. Mind that `int8`
 * and times come back as strings: cast them (`::float8`, `epochMs`). */
export type Sql = <Row>(text: string, params?: readonly unknown[]) => Promise<Row[]>

/** SQL inside a unit of work's transaction, or each statement on its own for a database.
 * @throws DomainError `database_unavailable` when the connection is lost; PostgreSQL's own error otherwise. */
export function sqlOf(where: UnitOfWork | Database): Sql {
  return 'orm' in where ? sqlOn(() => where.em()) : sqlOn(() => bindingOf(where).transaction())
}

/** SQL that only reads and locks nothing: as `sqlOf`, but no reason to begin a transaction that is put off. */
export function readsOf(unit: UnitOfWork): Sql {
  return sqlOn(() => bindingOf(unit).reading())
}

export function sqlOn(manager: () => EntityManager | Promise<EntityManager>): Sql {
  return async <Row>(text: string, params: readonly unknown[] = []) => {
    try {
      const { rows } = await runOn(await manager(), text, params)
      return rows as Row[]
    } catch (error) {
      throw translateDatabaseError(error)
    }
  }
}

/** @throws PostgreSQL's and the driver's own errors. */
export function runOn(em: EntityManager, text: string, params: readonly unknown[]) {
  return em.getKysely().executeQuery(CompiledQuery.raw(text, [...params]))
}

/** A `timestamptz` as a JavaScript number of milliseconds. */
export function epochMs(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::float8`
}
