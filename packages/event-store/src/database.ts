import type { EntityManager, MikroORM } from '@mikro-orm/postgresql'

/** A service's own database. */
export interface Database {
  readonly orm: MikroORM
  /** A fresh fork. */
  em(): EntityManager
  /** @throws DomainError `database_unavailable`. */
  ping(): Promise<void>
  close(): Promise<void>
}
