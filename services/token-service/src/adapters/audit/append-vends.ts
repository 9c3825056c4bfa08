import { type EventStore, type Sql, sqlOf } from '@evergrant/event-store'
import { type ChainHead, chained, emptyChain } from './vend-chain.ts'
import type { JournalEntry } from './vend-journal.ts'

/** Adds entries to the chains of their grants: all or none of them.
 * @param maybeKnown some may be there from an attempt whose end nobody heard; those are left out. */
export function appendVends(
  store: Pick<EventStore, 'transaction'>,
  batch: readonly JournalEntry[],
  { maybeKnown }: { readonly maybeKnown: boolean },
): Promise<void> {
  return store.transaction(async (unit) => {
    const sql = sqlOf(unit)
    const byGrant = Map.groupBy(batch, ({ grantId }) => grantId)
    const heads = await lockHeads(sql, [...byGrant.keys()].sort())
    const known = maybeKnown ? await knownAmong(sql, batch) : new Set()
    const fresh = [...byGrant].flatMap(([grantId, vends]) =>
      chained(
        heads.get(grantId) ?? emptyChain,
        vends.filter(({ id }) => !known.has(id)),
      ),
    )
    if (fresh.length > 0) await write(sql, fresh)
  })
}

async function knownAmong(sql: Sql, batch: readonly JournalEntry[]): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }>('select id from token_vend where id = any($1::uuid[])', [
    batch.map(({ id }) => id),
  ])
  return new Set(rows.map(({ id }) => id))
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

/** `json`, not `jsonb`: a value that is read once and not kept is half as dear when it is not built first. */
async function write(sql: Sql, vends: readonly (JournalEntry & ChainHead)[]): Promise<void> {
  const rows = vends.map(
    ({ line, sequence, hash }) => `${line.slice(0, -1)},"sequence":${sequence},"hash":"${hash}"}`,
  )
  await sql(
    `with vends as (
       select * from json_to_recordset($1::json) as v(id uuid, "connectionId" uuid, "grantId" uuid, generation int,
         caller text, purpose text, scopes text[], traceparent text, at timestamptz, sequence bigint, hash text)),
     kept as (
       insert into token_vend (id, connection_id, grant_id, generation, caller, purpose, scopes, traceparent,
         vended_at, sequence, hash) select * from vends),
     ends as (
       update vend_chain c set sequence = v.sequence, hash = v.hash
         from (select distinct on ("grantId") "grantId", sequence, hash from vends order by "grantId", sequence desc) v
        where c.grant_id = v."grantId")
     insert into connection_use as u (connection_id, last_used_at)
     select "connectionId", max(at) from vends group by "connectionId" order by "connectionId"
     on conflict (connection_id) do update
       set last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
    [`[${rows.join(',')}]`],
  )
}
