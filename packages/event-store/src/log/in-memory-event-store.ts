import type { Clock, Fact } from '@evergrant/decider'
import { attributesOf } from '@evergrant/event-contracts'
import { storeErrors } from '../errors.ts'
import { freezePublications } from '../outbox/freeze-publications.ts'
import type { OutgoingMessage } from '../outbox/outbox.ts'
import type {
  Append,
  AppendResult,
  EventStore,
  FactCatalogue,
  Projection,
  RecordedFact,
  StreamSlice,
  UnitOfWork,
} from './event-store.ts'
import { currentSchemaVersion } from './upcast.ts'

export interface InMemoryEventStoreOptions {
  readonly source: string
  readonly facts: FactCatalogue
  readonly projections: readonly Projection[]
  readonly clock: Clock
}

export interface InMemoryEventStore extends EventStore {
  /** What would have left on the bus, oldest first. */
  published(): readonly OutgoingMessage[]
}

interface Contents {
  readonly facts: readonly RecordedFact[]
  readonly outgoing: readonly OutgoingMessage[]
  readonly commands: ReadonlyMap<string, AppendResult>
}

/** The same promises without a database, for specs: transactions run one after the other, a failed one leaves
 * nothing. Projections that keep rows of their own are not undone. */
export function createInMemoryEventStore(options: InMemoryEventStoreOptions): InMemoryEventStore {
  let contents: Contents = { facts: [], outgoing: [], commands: new Map() }
  let last: Promise<unknown> = Promise.resolve()

  const transaction = async <T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> => {
    const before = contents
    try {
      return await work(unit)
    } catch (error) {
      contents = before
      throw error
    }
  }

  const readStream = async <F extends Fact>(streamId: string): Promise<StreamSlice<F>> => {
    const facts = contents.facts.filter((fact) => fact.streamId === streamId) as RecordedFact<F>[]
    return { version: facts.length, facts }
  }

  const append = async <F extends Fact>(what: Append<F>): Promise<AppendResult<F>> => {
    const { streamId, facts, metadata, commandId } = what
    const commandKey = JSON.stringify([streamId, commandId])
    const first = commandId === undefined ? undefined : contents.commands.get(commandKey)
    if (first) return { ...(first as AppendResult<F>), repeated: true }
    for (const { type } of facts) currentSchemaVersion(options.facts, type)
    const { version } = await readStream(streamId)
    if (!holds(what, version)) throw storeErrors.stream_moved_on({ detail: { streamId, actual: version } })

    const recordedAt = options.clock.now()
    const recorded = structuredClone([...facts]).map(
      (fact, index): RecordedFact<F> => ({
        ...fact,
        position: contents.facts.length + index + 1,
        streamId,
        version: version + index + 1,
        recordedAt,
        metadata,
      }),
    )
    const result = { version: version + facts.length, facts: recorded, repeated: false }
    contents = {
      facts: [...contents.facts, ...recorded],
      outgoing: [...contents.outgoing, ...numbered(what, recordedAt)],
      commands:
        commandId === undefined ? contents.commands : new Map(contents.commands).set(commandKey, result),
    }
    for (const fact of recorded) {
      for (const projection of options.projections) await projection.apply(unit, fact)
    }
    return result
  }

  const numbered = (what: Append, at: Date): OutgoingMessage[] => {
    const before = contents.outgoing.filter(({ streamId }) => streamId === what.streamId).length
    return freezePublications(what, options.source, at).map((message, index) => {
      const version = before + index + 1
      const headers = { ...message.headers, 'ce-id': `${what.streamId}@${version}` }
      const { source, streamId } = attributesOf({ ...message, headers })
      return { ...message, headers, source, streamId, version, repair: 0 }
    })
  }

  const unit: UnitOfWork = { readStream, append }
  return {
    transaction: (work) => {
      const result = last.then(() => transaction(work))
      last = result.catch(() => undefined)
      return result
    },
    readStream,
    readAll: async ({ after, limit }) =>
      contents.facts.filter(({ position }) => position > after).slice(0, limit),
    published: () => contents.outgoing,
  }
}

function holds({ expectedVersion }: Append, version: number): boolean {
  if (expectedVersion === 'any') return true
  if (expectedVersion === 'stream_exists') return version > 0
  return version === (expectedVersion === 'no_stream' ? 0 : expectedVersion)
}
