import type { Ids } from '@evergrant/decider'
import type { EventStore } from '@evergrant/event-store'
import type { VendLog } from '../../application/ports.ts'
import { appendVends } from './append-vends.ts'
import { type JournalEntry, journalEntry, type VendJournal } from './vend-journal.ts'

const flushEveryMs = 100
const retryEveryMs = 1_000
const batchSize = 1_000

interface VendLogOptions {
  readonly store: Pick<EventStore, 'transaction'>
  readonly journal: VendJournal
  readonly ids: Ids
  readonly onError: (error: unknown) => void
}

export interface BatchedVendLog extends VendLog {
  /** Writes what is left; gives up after one failure when a journal keeps the rest. */
  stop(): Promise<void>
  /** How many entries are not written yet. */
  waiting(): number
}

/*
 * A vend is in the journal before it is answered, in PostgreSQL within 100 ms, and only then out of the journal. A
 * killed process loses nothing that way; without a journal it loses at most what those 100 ms brought, or what came
 * since PostgreSQL went away. Entries have ids, so one that is found in both places counts once.
 */
export function createVendLog({ store, journal, ids, onError }: VendLogOptions): BatchedVendLog {
  const entries: JournalEntry[] = [...journal.left.entries]
  // The first so many may have been committed by an attempt that was killed, or whose answer was lost.
  let attempted = entries.length
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const schedule = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined
      void flush().catch((error: unknown) => {
        onError(error)
        schedule(retryEveryMs)
      })
    }, ms)
  }
  const writeAll = async () => {
    const forget = journal.seal()
    let left = entries.length
    while (left > 0) {
      const batch = entries.slice(0, Math.min(left, batchSize))
      const maybeKnown = attempted > 0
      attempted = Math.max(attempted, batch.length)
      await appendVends(store, batch, { maybeKnown })
      entries.splice(0, batch.length)
      attempted -= batch.length
      left -= batch.length
    }
    forget()
  }
  const flush = async (): Promise<void> => {
    while (writing) await writing.catch(() => undefined)
    if (entries.length === 0) return
    writing = writeAll().finally(() => {
      writing = undefined
    })
    await writing
    if (entries.length > 0) schedule(flushEveryMs)
  }
  if (journal.left.unreadable > 0) {
    onError(new Error(`${journal.left.unreadable} lines of the vend journal were cut off and are lost`))
  }
  if (entries.length > 0) schedule(0)

  return {
    record: async (vend) => {
      const entry = journalEntry({ ...vend, id: ids.next() })
      entries.push(entry)
      schedule(flushEveryMs)
      // A full disk must not stop vends; memory still brings the entry to PostgreSQL.
      await journal.append(entry).catch(onError)
    },
    waiting: () => entries.length,
    stop: async () => {
      clearTimeout(timer)
      timer = undefined
      await flush().catch(onError)
      clearTimeout(timer)
    },
  }
}
