import type { Clock, Fact } from '@evergrant/decider'
import { storeErrors } from './errors.ts'
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
import { freezePublications } from './freeze-publications.ts'
import { sqlOf } from './sql.ts'
import { currentSchemaVersion } from './upcast.ts'

interface AppendContext {
  readonly source: string
  readonly facts: FactCatalogue
  readonly projections: readonly Projection[]
  readonly clock: Clock
}

interface AppendRow {
  readonly outcome: 'appended' | 'repeated' | 'moved_on'
  readonly stream_version: number
  readonly first_version: number
  readonly positions: number[] | null
}

/** One round trip for facts and publications, then the inline projections, in the unit's transaction.
 * @throws DomainError `stream_moved_on`, `unknown_fact`, `invalid_event`. */
export async function appendToStream<F extends Fact>(
  unit: UnitOfWork,
  append: Append<F>,
  context: AppendContext,
): Promise<AppendResult<F>> {
  const { streamId, facts, metadata } = append
  const recordedAt = context.clock.now()
  const row = await callAppend(unit, append, context, recordedAt)
  if (row.outcome === 'moved_on') {
    throw storeErrors.stream_moved_on({
      detail: { streamId, expected: append.expectedVersion, actual: row.stream_version },
    })
  }
  if (row.outcome === 'repeated') {
    const rows = await sqlOf(unit)<FactRow>(
      `select ${factColumns} from es.event e
        where stream_id = $1 and e.version between $2 and $3 order by e.version`,
      [streamId, row.first_version, row.stream_version],
    )
    const first = rows.map((fact) => toRecordedFact<F>(context.facts, fact))
    return { version: row.stream_version, facts: first, repeated: true }
  }

  const recorded = facts.map(
    (fact, index): RecordedFact<F> => ({
      ...fact,
      position: row.positions?.[index] ?? 0,
      streamId,
      version: row.first_version + index,
      recordedAt,
      metadata,
    }),
  )
  for (const fact of recorded) {
    for (const projection of context.projections) await projection.apply(unit, fact)
  }
  return { version: row.stream_version, facts: recorded, repeated: false }
}

async function callAppend(
  unit: UnitOfWork,
  append: Append,
  context: AppendContext,
  recordedAt: Date,
): Promise<AppendRow> {
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
  const [row] = await sqlOf(unit)<AppendRow>(
    `select outcome, stream_version::float8, first_version::float8, positions::float8[]
      from es.append($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      append.streamId,
      append.streamType,
      mode,
      expected,
      JSON.stringify(facts),
      JSON.stringify(append.metadata),
      recordedAt.toISOString(),
      JSON.stringify(publications),
      append.commandId ?? null,
    ],
  )
  if (!row) throw storeErrors.database_misconfigured()
  return row
}

function expectation(version: ExpectedVersion): { mode: string; expected: number } {
  if (typeof version !== 'number') return { mode: version, expected: 0 }
  return version === 0 ? { mode: 'no_stream', expected: 0 } : { mode: 'exact', expected: version }
}
