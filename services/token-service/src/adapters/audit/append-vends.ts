import { type EventStore, type Sql, sqlOf } from '@evergrant/event-store'
import { type ChainedVend, type ChainHead, chained, emptyChain } from './vend-chain.ts'
import type { JournalEntry } from './vend-journal.ts'

/** Adds entries to the chains of their grants, each once: all or none of them. */
export function appendVends(
  store: Pick<EventStore, 'transaction'>,
  batch: readonly JournalEntry[],
): Promise<void> {
  return store.transaction(async (unit) => {
    const sql = sqlOf(unit)
    const byGrant = Map.groupBy(batch, ({ grantId }) => grantId)
    const heads = await lockHeads(sql, [...byGrant.keys()].sort())
    const known = new Set(
      (
        await sql<{ id: string }>('select id from token_vend where id = any($1::uuid[])', [
          batch.map(({ id }) => id),
        ])
      ).map(({ id }) => id),
    )
    const fresh = [...byGrant].flatMap(([grantId, vends]) =>
      chained(
        heads.get(grantId) ?? emptyChain,
        vends.filter(({ id }) => !known.has(id)),
      ),
    )
    if (fresh.length > 0) await write(sql, fresh)
  })
}

/** In one order everywhere, so that replicas wait for each other instead of locking each other up. */
async function lockHeads(sql: Sql, grantIds: readonly string[]): Promise<Map<string, ChainHead>> {
  await sql(
    `insert into vend_chain (grant_id, sequence, hash)
     select grant_id, 0, '' from unnest($1::uuid[]) as g(grant_id) order by grant_id on conflict do nothing`,
    [grantIds],
  )
  const rows = await sql<ChainHead & { readonly grant_id: string }>(
    `select grant_id, sequence::float8 as sequence, hash from vend_chain
      where grant_id = any($1::uuid[]) order by grant_id for update`,
    [grantIds],
  )
  return new Map(rows.map(({ grant_id, sequence, hash }) => [grant_id, { sequence, hash }]))
}

async function write(sql: Sql, vends: readonly ChainedVend[]): Promise<void> {
  const rows = vends.map((vend) => ({
    id: vend.id,
    connection_id: vend.connectionId,
    grant_id: vend.grantId,
    generation: vend.generation,
    caller: vend.caller,
    purpose: vend.purpose,
    scopes: vend.scopes,
    traceparent: vend.traceparent,
    vended_at: vend.at.toISOString(),
    sequence: vend.sequence,
    hash: vend.hash,
  }))
  await sql(
    `with vends as (
       select * from jsonb_to_recordset($1::jsonb) as v(id uuid, connection_id uuid, grant_id uuid, generation int,
         caller text, purpose text, scopes text[], traceparent text, vended_at timestamptz, sequence bigint, hash text)),
     kept as (
       insert into token_vend (id, connection_id, grant_id, generation, caller, purpose, scopes, traceparent,
         vended_at, sequence, hash) select * from vends),
     ends as (
       update vend_chain c set sequence = v.sequence, hash = v.hash
         from (select distinct on (grant_id) grant_id, sequence, hash from vends order by grant_id, sequence desc) v
        where c.grant_id = v.grant_id)
     insert into connection_use as u (connection_id, last_used_at)
     select connection_id, max(vended_at) from vends group by connection_id order by connection_id
     on conflict (connection_id) do update
       set last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
    [JSON.stringify(rows)],
  )
}
