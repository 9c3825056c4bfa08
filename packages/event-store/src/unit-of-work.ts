import type { EntityManager } from '@mikro-orm/postgresql'
import { storeErrors } from './errors.ts'
import type { UnitOfWork } from './event-store.ts'

interface Binding {
  readonly em: EntityManager
  /** The same unit on another entity manager: inside a savepoint. */
  readonly on: (em: EntityManager) => UnitOfWork
}

const bindings = new WeakMap<UnitOfWork, Binding>()

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
