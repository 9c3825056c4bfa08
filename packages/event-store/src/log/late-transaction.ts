import type { Fact } from '@evergrant/decider'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../database/database.ts'
import { sqlOn } from '../database/sql.ts'
import {
  type AppendContext,
  type AppendRow,
  accepted,
  appendCall,
  appendText,
  appendToStream,
  paramsOf,
  project,
  recordedFacts,
} from './append-to-stream.ts'
import type { AppendTogether, ReadyAppend } from './append-together.ts'
import type { Append, AppendResult, UnitOfWork, Write } from './event-store.ts'
import { bindTo } from './unit-of-work.ts'
import { refuseUnconditional, writeNow } from './writes.ts'

interface PutOff extends ReadyAppend {
  readonly append: Append
  /** As they will be, but for their positions. */
  readonly facts: { position: number }[]
  readonly writes: Write[]
}

/** A unit of work around a way to append. */
export type MakeUnit = (
  append: <F extends Fact>(unit: UnitOfWork, what: Append<F>) => Promise<AppendResult<F>>,
) => UnitOfWork

interface Parts {
  readonly database: Database
  readonly context: AppendContext
  readonly appendTogether: AppendTogether
  readonly makeUnit: MakeUnit
  /** A unit of work on a transaction's entity manager. */
  readonly unitOn: (em: EntityManager) => UnitOfWork
  readonly onBegun: () => void
  readonly beforeCommit: () => void | Promise<void>
}

/**
 * Runs work whose append and rows wait until the end, and then go as one statement that commits by itself, with those of
 * other work that is done at the same moment. Nothing is held meanwhile: what was read may be old by then, and the append insists on the version it was decided on. Work that asks
 * for anything else (SQL that is no reading, a savepoint, a second append) gets its transaction at that moment, and
 * what was put off is the first that happens in it.
 */
export async function transactLate<T>(parts: Parts, work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
  const { database, context, onBegun } = parts
  let waiting: PutOff | undefined
  let opening: Promise<EntityManager> | undefined
  let committed: Promise<void> | undefined
  const { promise: done, resolve: finish, reject: giveUp } = Promise.withResolvers<void>()
  // Without a transaction nobody waits for it.
  done.catch(() => undefined)

  const open = async (): Promise<EntityManager> => {
    opening ??= new Promise((begun, failed) => {
      committed = database.em().transactional(async (em) => {
        onBegun()
        const sql = sqlOn(() => em)
        if (waiting !== undefined) {
          const [row] = await sql<AppendRow>(appendText, paramsOf(waiting.asked))
          locate(waiting, accepted(waiting.append, row))
          if (waiting.writes.length > 0) await writeNow(sql, waiting.writes)
        }
        begun(em)
        await done
      })
      committed.catch(failed)
    })
    return opening
  }

  const unit = parts.makeUnit(
    async <F extends Fact>(self: UnitOfWork, append: Append<F>): Promise<AppendResult<F>> => {
      const { expectedVersion: version, commandId } = append
      const { length } = append.facts
      // Projections write the same rows with every fact, and one statement must not.
      const canWait = length === 1 && typeof version === 'number' && commandId === undefined
      if (!canWait || opening !== undefined || waiting !== undefined)
        return appendToStream(self, append, context)
      const call = appendCall(append, context)
      const facts = recordedFacts(append, call, { first_version: version + 1, positions: null })
      waiting = { append, asked: call.asked, facts, writes: [] }
      await project(self, facts, context)
      return { version: version + facts.length, facts, repeated: false }
    },
  )
  bindTo(unit, {
    transaction: open,
    reading: () => (opening === undefined && waiting === undefined ? database.em() : open()),
    putOff: (writes) => {
      if (opening !== undefined || waiting === undefined) return false
      refuseUnconditional(writes)
      waiting.writes.push(...writes)
      return true
    },
    on: parts.unitOn,
  })

  try {
    const result = await work(unit)
    await parts.beforeCommit()
    if (opening === undefined && waiting !== undefined)
      locate(waiting, accepted(waiting.append, await parts.appendTogether(waiting)))
    finish()
    await committed
    return result
  } catch (error) {
    giveUp(error)
    // It fails with what is thrown here already.
    await committed?.catch(() => undefined)
    throw error
  }
}

function locate({ facts }: PutOff, { positions }: AppendRow): void {
  for (const [index, fact] of facts.entries()) fact.position = positions?.[index] ?? 0
}
