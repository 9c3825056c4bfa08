import {
  type AnyEntity,
  type EntityClass,
  type EntitySchema,
  type EventSubscriber,
  MikroORM,
} from '@mikro-orm/postgresql'
import { storeErrors } from '../errors.ts'
import type { Database } from './database.ts'
import { translateDatabaseError } from './database-errors.ts'
import { refuseSilentRollback } from './refuse-silent-rollback.ts'
import { type ConnectionPool, releaseLostConnections } from './release-lost-connections.ts'
import { reportQueryErrors } from './report-query-errors.ts'
import { sqlOf } from './sql.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly entities?: readonly (EntityClass<AnyEntity> | EntitySchema)[]
  /** Look at every entity as it is loaded or written. */
  readonly subscribers?: readonly EventSubscriber[]
  /** Connections at most; default 10. */
  readonly poolSize?: number
  /** Shows up in `pg_stat_activity`. */
  readonly applicationName: string
  /** No statement runs longer; default 30 000. */
  readonly statementTimeoutMs?: number
}

/** Connects to a service's database.
 * @throws DomainError `database_unavailable`, or `database_not_durable` where commits may be lost. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const listeners: ((error: unknown) => void)[] = []
  const tell = (error: unknown) => {
    for (const listener of listeners) listener(error)
  }
  const connectionListeners: (() => void)[] = []
  const tellOfConnection = () => {
    for (const listener of connectionListeners) listener()
  }
  const orm = await MikroORM.init({
    ...connectionOptions(options, tell, tellOfConnection),
    entities: [...(options.entities ?? [])],
    subscribers: [...(options.subscribers ?? [])],
  })
  const database: Database = {
    orm,
    em: () => orm.em.fork(),
    ping: async () => {
      await sqlOf(database)('select 1')
    },
    onQueryError: (listener) => {
      listeners.push(listener)
    },
    onConnection: (listener) => {
      connectionListeners.push(listener)
    },
    close: () => orm.close(true),
  }
  try {
    await refuseToLoseCommits(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** What every connection of ours has in common. */
export function connectionOptions(
  options: Omit<DatabaseOptions, 'entities' | 'subscribers'>,
  onQueryError?: (error: unknown) => void,
  onConnection?: () => void,
) {
  const url = new URL(options.url)
  return {
    clientUrl: options.url,
    port: Number(url.port || 5432),
    ensureDatabase: false,
    discovery: { warnWhenNoEntities: false },
    // Failures reach the caller as errors; the ORM's own console lines would bypass the redacting logger.
    logger: () => undefined,
    debug: false,
    pool: { min: 0, max: options.poolSize ?? 10 },
    driverOptions: {
      onPoolCreated: (pool: ConnectionPool) => {
        releaseLostConnections(pool)
        refuseSilentRollback(pool)
        if (onQueryError !== undefined) reportQueryErrors(pool, onQueryError)
        if (onConnection !== undefined) pool.on('connect', onConnection)
      },
      // The driver reads it again for what MikroORM leaves out: sslmode, sockets.
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      // A forgotten transaction would hold back `safe_position()` and every projection with it.
      idle_in_transaction_session_timeout: 30_000,
    },
  }
}

/** An HTTP 200 for a commit that a power cut can undo would be a lie, and its event may already be on the bus. */
async function refuseToLoseCommits(database: Database): Promise<void> {
  const [setting] = await sqlOf(database)<{ value: string }>(
    "select current_setting('synchronous_commit') as value",
  ).catch((error: unknown) => {
    throw translateDatabaseError(error)
  })
  if (setting?.value === 'off') throw storeErrors.database_not_durable()
}
