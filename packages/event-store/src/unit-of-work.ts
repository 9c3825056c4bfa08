import type { EntityManager } from '@mikro-orm/postgresql'
import { storeErrors } from './errors.ts'
import type { UnitOfWork } from './event-store.ts'

interface Binding {
  readonly em: EntityManager
  /** The same unit on another entity manager: inside a savepoint. */
  readonly on: (em: EntityManager) => UnitOfWork
}

const bindings = new WeakMap<UnitOfWork, Binding>()
const failed = new WeakSet<EntityManager>()

/** Ties a unit of work to the transaction of an entity manager. */
export function bind(em: EntityManager, make: () => UnitOfWork): UnitOfWork {
  const unit = make()
  bindings.set(unit, { em, on: (inner) => bind(inner, make) })
  return unit
}

function bindingOf(unit: UnitOfWork): Binding {
  const binding = bindings.get(unit)
  if (!binding) throw storeErrors.no_database_transaction()
  return binding
}

/** The transaction's entity manager, for adapters and projections.
 * @throws DomainError `no_database_transaction` for a unit of the in-memory store. */
export function entityManagerOf(unit: UnitOfWork): EntityManager {
  return bindingOf(unit).em
}

/** Runs `work` in a savepoint: when it throws, what it did is undone and the transaction goes on. */
export async function savepoint<T>(unit: UnitOfWork, work: (inner: UnitOfWork) => Promise<T>): Promise<T> {
  const { em, on } = bindingOf(unit)
  return em.transactional((inner) => work(on(inner)))
}

/** Remembers that a statement failed in this transaction. */
export function noteFailure(em: EntityManager): void {
  failed.add(em)
}

/** PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK, so somebody who swallowed the failure
 * would be told of a success that never was. */
export function hasFailed(em: EntityManager): boolean {
  return failed.has(em)
}
