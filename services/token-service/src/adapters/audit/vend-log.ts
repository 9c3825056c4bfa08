import type { Ids } from '@evergrant/decider'
import { type Database, sqlOf } from '@evergrant/event-store'
import type { Vend, VendLog } from '../../application/ports.ts'

const flushEveryMs = 100
const batchSize = 1_000

interface VendLogOptions {
  readonly database: Database
  readonly ids: Ids
  readonly onError: (error: unknown) => void
}

export interface BatchedVendLog extends VendLog {
  /** Writes what is left. */
  stop(): Promise<void>
  /** How many entries are not written yet. */
  waiting(): number
}

/** Writes vends in batches beside the hot path. An entry stays in memory until PostgreSQL has it, over outages too. */
export function createVendLog({ database, ids, onError }: VendLogOptions): BatchedVendLog {
  let entries: (Vend & { readonly id: string })[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const schedule = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void flush().catch(onError)
    }, flushEveryMs)
  }
  const flush = async (): Promise<void> => {
    while (writing) await writing
    const batch = entries.slice(0, batchSize)
    if (batch.length === 0) return
    writing = write(database, batch)
    try {
      await writing
      entries = entries.slice(batch.length)
    } finally {
      writing = undefined
      if (entries.length > 0) schedule()
    }
  }

  return {
    record: (vend) => {
      entries.push({ ...vend, id: ids.next() })
      schedule()
    },
    waiting: () => entries.length,
    stop: async () => {
      while (entries.length > 0) await flush()
      clearTimeout(timer)
    },
  }
}

async function write(database: Database, batch: readonly (Vend & { readonly id: string })[]): Promise<void> {
  const rows = batch.map((vend) => ({
    id: vend.id,
    connection_id: vend.connectionId,
    grant_id: vend.grantId,
    generation: vend.generation,
    caller: vend.caller,
    purpose: vend.purpose,
    scopes: vend.scopes,
    traceparent: vend.traceparent,
    vended_at: vend.at.toISOString(),
  }))
  await sqlOf(database)(
    `with vends as (
       select * from jsonb_to_recordset($1::jsonb) as v(id uuid, connection_id uuid, grant_id uuid, generation int,
         caller text, purpose text, scopes text[], traceparent text, vended_at timestamptz)),
     kept as (insert into token_vend select * from vends on conflict (id) do nothing)
     insert into connection_use as u (connection_id, last_used_at)
     select connection_id, max(vended_at) from vends group by connection_id
     on conflict (connection_id) do update
       set last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
    [JSON.stringify(rows)],
  )
}
