import type { EntityManager, MikroORM } from '@mikro-orm/postgresql'

/** A service's own database. */
export interface Database {
  readonly orm: MikroORM
  /** A fresh fork. */
  em(): EntityManager
  /** @throws DomainError `database_unavailable`. */
  ping(): Promise<void>
  /** Hears of every statement that PostgreSQL refuses, whoever sent it and whatever became of it; must not throw. */
  onQueryError(listener: (error: unknown) => void): void
  /** Hears of every connection that is opened, before it is used. */
  onConnection(listener: () => void): void
  close(): Promise<void>
}
