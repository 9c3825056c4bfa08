import type { Clock, Fact } from '@evergrant/decider'
import { sqlOf } from '../database/sql.ts'
import { storeErrors } from '../errors.ts'
import { freezePublications } from '../outbox/freeze-publications.ts'
import type {
  Append,
  AppendResult,
  ExpectedVersion,
  FactCatalogue,
  Projection,
  RecordedFact,
  UnitOfWork,
} from './event-store.ts'
import { type FactRow, factColumns, toRecordedFact } from './fact-rows.ts'
import { currentSchemaVersion } from './upcast.ts'

export interface AppendContext {
  readonly source: string
  readonly facts: FactCatalogue
  readonly projections: readonly Projection[]
  readonly clock: Clock
}

export interface AppendRow {
  readonly outcome: 'appended' | 'repeated' | 'moved_on'
  readonly stream_version: number
  readonly first_version: number
  readonly positions: number[] | null
}

/** What an append asks of PostgreSQL, as `es.append` names it. */
export interface AskedAppend {
  readonly stream_id: string
  readonly type: string
  readonly mode: string
  readonly expected: number
  readonly facts: readonly object[]
  readonly metadata: object
  readonly at: string
  readonly publications: readonly object[]
  readonly command_id: string | null
}

export interface AppendCall {
  readonly asked: AskedAppend
  readonly recordedAt: Date
}

export const appendText = `select outcome, stream_version::float8, first_version::float8, positions::float8[]
  from es.append($1, $2, $3, $4, $5, $6, $7, $8, $9)`

/** One round trip for facts and publications, then the inline projections, in the unit's transaction.
 * @throws DomainError `stream_moved_on`, `unknown_fact`, `invalid_event`. */
export async function appendToStream<F extends Fact>(
  unit: UnitOfWork,
  append: Append<F>,
  context: AppendContext,
): Promise<AppendResult<F>> {
  const { streamId } = append
  const call = appendCall(append, context)
  const [found] = await sqlOf(unit)<AppendRow>(appendText, paramsOf(call.asked))
  const row = accepted(append, found)
  if (row.outcome === 'repeated') {
    const rows = await sqlOf(unit)<FactRow>(
      `select ${factColumns} from es.event e
        where stream_id = $1 and e.version between $2 and $3 order by e.version`,
      [streamId, row.first_version, row.stream_version],
    )
    const first = rows.map((fact) => toRecordedFact<F>(context.facts, fact))
    return { version: row.stream_version, facts: first, repeated: true }
  }
  const facts = recordedFacts(append, call, row)
  await project(unit, facts, context)
  return { version: row.stream_version, facts, repeated: false }
}

/** @throws DomainError `stream_moved_on`. */
export function accepted({ streamId, expectedVersion }: Append, row: AppendRow | undefined): AppendRow {
  if (!row) throw storeErrors.database_misconfigured()
  if (row.outcome !== 'moved_on') return row
  throw storeErrors.stream_moved_on({
    detail: { streamId, expected: expectedVersion, actual: row.stream_version },
  })
}

export function recordedFacts<F extends Fact>(
  { facts, streamId, metadata }: Append<F>,
  { recordedAt }: AppendCall,
  row: Pick<AppendRow, 'first_version' | 'positions'>,
): RecordedFact<F>[] {
  return facts.map(
    (fact, index): RecordedFact<F> => ({
      ...fact,
      position: row.positions?.[index] ?? 0,
      streamId,
      version: row.first_version + index,
      recordedAt,
      metadata,
    }),
  )
}

export async function project(
  unit: UnitOfWork,
  facts: readonly RecordedFact[],
  { projections }: Pick<AppendContext, 'projections'>,
): Promise<void> {
  for (const fact of facts) {
    for (const projection of projections) await projection.apply(unit, fact)
  }
}

/** @throws DomainError `unknown_fact`, `invalid_event`. */
export function appendCall(append: Append, context: AppendContext): AppendCall {
  const recordedAt = context.clock.now()
  const { mode, expected } = expectation(append.expectedVersion)
  const facts = append.facts.map(({ type, data }) => ({
    type,
    data,
    schemaVersion: currentSchemaVersion(context.facts, type),
  }))
  const text = new TextDecoder()
  const publications = freezePublications(append, context.source, recordedAt).map((message) => ({
    ...message,
    payload: text.decode(message.payload),
  }))
  const asked = {
    stream_id: append.streamId,
    type: append.streamType,
    mode,
    expected,
    facts,
    metadata: append.metadata,
    at: recordedAt.toISOString(),
    publications,
    command_id: append.commandId ?? null,
  }
  return { asked, recordedAt }
}

/** For `appendText`. */
export function paramsOf(asked: AskedAppend): readonly unknown[] {
  const { facts, metadata, publications } = asked
  return [
    asked.stream_id,
    asked.type,
    asked.mode,
    asked.expected,
    JSON.stringify(facts),
    JSON.stringify(metadata),
    asked.at,
    JSON.stringify(publications),
    asked.command_id,
  ]
}

function expectation(version: ExpectedVersion): { mode: string; expected: number } {
  if (typeof version !== 'number') return { mode: version, expected: 0 }
  return version === 0 ? { mode: 'no_stream', expected: 0 } : { mode: 'exact', expected: version }
}
