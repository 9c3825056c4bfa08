import { storeErrors } from '../errors.ts'
import type { FactCatalogue } from './event-store.ts'

/** Today's form of a stored fact. Types or versions this code does not know pass as they are, so that older code
 * survives newer streams.
 * @throws DomainError `missing_upcaster` when a step is missing. */
export function upcast(facts: FactCatalogue, type: string, schemaVersion: number, data: object): object {
  const entry = facts[type]
  if (!entry) return data
  let current = data
  for (let version = schemaVersion; version < entry.schemaVersion; version++) {
    const step = entry.upcasters?.[version]
    if (!step) throw storeErrors.missing_upcaster({ detail: { type, version } })
    current = step(current)
  }
  return current
}

/** @throws DomainError `unknown_fact` when a service appends what it could not read back as today's. */
export function currentSchemaVersion(facts: FactCatalogue, type: string): number {
  const entry = facts[type]
  if (!entry) throw storeErrors.unknown_fact({ detail: { type } })
  return entry.schemaVersion
}
