import type { Clock, Fact } from '@evergrant/decider'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type CrashPoint, neverCrash } from '../crash-point.ts'
import type { Database } from '../database/database.ts'
import {
  isConnectionLost,
  isSerializationFailure,
  translateDatabaseError,
} from '../database/database-errors.ts'
import { readsOf, type Sql, sqlOf } from '../database/sql.ts'
import { inboxFacts } from '../inbox/inbox-facts.ts'
import { outboxFacts } from '../outbox/outbox-facts.ts'
import { appendToStream } from './append-to-stream.ts'
import { createAppendTogether } from './append-together.ts'
import type {
  Append,
  EventStore,
  FactCatalogue,
  Projection,
  RecordedFact,
  StreamSlice,
  TransactionOptions,
  UnitOfWork,
} from './event-store.ts'
import { type FactRow, factColumns, toRecordedFact } from './fact-rows.ts'
import { type MakeUnit, transactLate } from './late-transaction.ts'
import { bind } from './unit-of-work.ts'

const attempts = 5
/** No pool of ours is larger. */
const mostDeadConnections = 20

export interface PostgresEventStoreOptions {
  readonly database: Database
  /** `ce-source`: the publishing service. */
  readonly source: string
  readonly facts: FactCatalogue
  readonly projections: readonly Projection[]
  readonly clock: Clock
  /** Called after a commit that recorded publications: wake the relay. Must not throw. */
  readonly onCommitted?: () => void
  /** Called after a commit with the facts it added, e.g. to drop what was remembered of their streams. Must not throw. */
  readonly onAppended?: (facts: readonly RecordedFact[]) => void
  readonly crashPoint?: CrashPoint
}

/** The event store in the service's own database; facts, projections, publications and the service's own rows
 * commit together. */
export function createPostgresEventStore(options: PostgresEventStoreOptions): EventStore {
  const { database, crashPoint = neverCrash } = options
  const facts = { ...inboxFacts, ...outboxFacts, ...options.facts }

  const context = { ...options, facts }
  const appendTogether = createAppendTogether(database)

  const transactOnce = async <T>(
    work: (unit: UnitOfWork) => Promise<T>,
    { writeAtTheEnd = false }: TransactionOptions,
    onBegun: () => void,
  ): Promise<T> => {
    let published = false
    const appended: RecordedFact[] = []
    const makeUnit: MakeUnit = (append) => {
      const unit: UnitOfWork = {
        readStream: <F extends Fact>(streamId: string) => readStream<F>(readsOf(unit), facts, streamId),
        append: async <F extends Fact>(what: Append<F>) => {
          const result = await append(unit, what)
          published ||= (what.publications?.length ?? 0) > 0
          if (!result.repeated) appended.push(...result.facts)
          return result
        },
      }
      return unit
    }
    const unitOn = (em: EntityManager): UnitOfWork =>
      bind(em, () => makeUnit((unit, what) => appendToStream(unit, what, context)))
    const beforeCommit = () => crashPoint('before-commit')
    const result = writeAtTheEnd
      ? await transactLate(
          { database, context, appendTogether, makeUnit, unitOn, onBegun, beforeCommit },
          work,
        )
      : await database.em().transactional(async (em) => {
          onBegun()
          const outcome = await work(unitOn(em))
          await beforeCommit()
          return outcome
        })
    await crashPoint('after-commit')
    if (published) options.onCommitted?.()
    if (appended.length > 0) options.onAppended?.(appended)
    return result
  }

  return {
    transaction: async (work, how = {}) => {
      let attempt = 1
      for (let deadConnections = 0; ; ) {
        let begun = false
        try {
          return await transactOnce(work, how, () => {
            begun = true
          })
        } catch (error) {
          // After a restart of the server the pool may hold connections that nobody has told it are dead: `begin` finds
          // out, the connection is dropped, and nothing was done that could be done twice. Nor can what needed no
          // transaction: a second append of the same version finds that the stream has moved on.
          const stale = !begun && isConnectionLost(error) && ++deadConnections <= mostDeadConnections
          const inTheWay = isSerializationFailure(error) && ++attempt <= attempts
          if (!stale && !inTheWay) throw translateDatabaseError(error)
        }
      }
    },
    readStream: (streamId) => readStream(sqlOf(database), facts, streamId),
    readAll: async ({ after, limit }) => {
      const rows = await sqlOf(database)<FactRow>(
        `select ${factColumns} from es.read_all($1, $2) e order by e.position`,
        [after, limit],
      )
      return rows.map((row) => toRecordedFact(facts, row))
    },
  }
}

async function readStream<F extends Fact>(
  sql: Sql,
  facts: FactCatalogue,
  streamId: string,
): Promise<StreamSlice<F>> {
  const rows = await sql<FactRow>(
    `select ${factColumns} from es.event where stream_id = $1 order by es.event.version`,
    [streamId],
  )
  return { version: rows.at(-1)?.version ?? 0, facts: rows.map((row) => toRecordedFact<F>(facts, row)) }
}
