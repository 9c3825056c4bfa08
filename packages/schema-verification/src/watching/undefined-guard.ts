import type { EventArgs, EventSubscriber } from '@mikro-orm/core'
import { verificationErrors } from '../errors.ts'

/**
 * An ORM that selects * fills a column that is gone with `undefined`, without an error, and "no scope" would be taken
 * for the truth. Register it with the ORM's `subscribers`. It is not for partial loads (`fields`): those name their
 * columns, so PostgreSQL refuses them by itself.
 * @throws DomainError `schema_drift` while an entity is loaded.
 */
export class UndefinedGuard implements EventSubscriber {
  onLoad({ entity, meta }: EventArgs<object>): void {
    for (const property of meta.props) {
      if (property.kind !== 'scalar' || property.lazy || property.persist === false || property.formula)
        continue
      if (!Object.hasOwn(entity, property.name) || Reflect.get(entity, property.name) === undefined)
        throw verificationErrors.schema_drift({
          detail: { entity: meta.className, property: property.name },
          retryAfterSeconds: 30,
        })
    }
  }
}

/** The same for a row of plain SQL: every column it should have is there, if only as null.
 * @throws DomainError `schema_drift`. */
export function requireColumns<Row extends object>(row: Row, columns: readonly (keyof Row & string)[]): Row {
  const missing = columns.filter((column) => row[column] === undefined)
  if (missing.length > 0)
    throw verificationErrors.schema_drift({ detail: { missing }, retryAfterSeconds: 30 })
  return row
}
