import type { EntityManager } from '@mikro-orm/postgresql'
import { storeErrors } from '../errors.ts'
import type { UnitOfWork, Write } from './event-store.ts'

interface Binding {
  /** The transaction's entity manager; begins the transaction if it was put off.
   * @throws DomainError `stream_moved_on` when what was put off with it is refused. */
  transaction(): EntityManager | Promise<EntityManager>
  /** For reading what this unit must see. */
  reading(): EntityManager | Promise<EntityManager>
  /** Takes writes that can wait; false when they cannot. */
  putOff(writes: readonly Write[]): boolean
  /** The same unit on another entity manager: inside a savepoint. */
  on(em: EntityManager): UnitOfWork
}

const bindings = new WeakMap<UnitOfWork, Binding>()

/** Ties a unit of work to the transaction of an entity manager. */
export function bind(em: EntityManager, make: () => UnitOfWork): UnitOfWork {
  const unit = make()
  managers.set(unit, em)
  return bindTo(unit, {
    transaction: () => em,
    reading: () => em,
    putOff: () => false,
    on: (inner) => bind(inner, make),
  })
}

const managers = new WeakMap<UnitOfWork, EntityManager>()

export function bindTo(unit: UnitOfWork, binding: Binding): UnitOfWork {
  bindings.set(unit, binding)
  return unit
}

export function bindingOf(unit: UnitOfWork): Binding {
  const binding = bindings.get(unit)
  if (!binding) throw storeErrors.no_database_transaction()
  return binding
}

/** The transaction's entity manager, for adapters and projections.
 * @throws DomainError `no_database_transaction` for a unit of the in-memory store, or whose transaction is put off. */
export function entityManagerOf(unit: UnitOfWork): EntityManager {
  const em = managers.get(unit)
  if (!em) throw storeErrors.no_database_transaction()
  return em
}

/** Runs `work` in a savepoint: when it throws, what it did is undone and the transaction goes on. */
export async function savepoint<T>(unit: UnitOfWork, work: (inner: UnitOfWork) => Promise<T>): Promise<T> {
  const { transaction, on } = bindingOf(unit)
  const em = await transaction()
  return em.transactional((inner) => work(on(inner)))
}
