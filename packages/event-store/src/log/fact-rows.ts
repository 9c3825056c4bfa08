import type { Fact } from '@evergrant/decider'
import { epochMs } from '../database/sql.ts'
import type { FactCatalogue, FactMetadata, RecordedFact } from './event-store.ts'
import { upcast } from './upcast.ts'

export interface FactRow {
  readonly position: number
  readonly stream_id: string
  readonly version: number
  readonly type: string
  readonly schema_version: number
  readonly data: object
  readonly metadata: FactMetadata
  readonly recorded_at: number
}

export const factColumns = `position::float8, stream_id, version::float8, type, schema_version, data, metadata,
  ${epochMs('recorded_at')} as recorded_at`

export function toRecordedFact<F extends Fact>(facts: FactCatalogue, row: FactRow): RecordedFact<F> {
  const recorded: RecordedFact = {
    type: row.type,
    data: upcast(facts, row.type, row.schema_version, row.data),
    position: row.position,
    streamId: row.stream_id,
    version: row.version,
    recordedAt: new Date(row.recorded_at),
    metadata: row.metadata,
  }
  return recorded as RecordedFact<F>
}
