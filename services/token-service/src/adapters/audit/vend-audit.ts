import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { VendAudit } from '../../application/ports.ts'
import { type ChainedVend, type ChainHead, chainWalk } from './vend-chain.ts'

const pageSize = 2_000

type Row = Omit<ChainedVend, 'at'> & { readonly at: number }

export function createVendAudit(database: Database): VendAudit {
  const sql = sqlOf(database)
  return {
    async verify(grantId) {
      // The end first: what is added meanwhile lies behind it and is not looked at.
      const [head] = await sql<ChainHead>(
        'select sequence::float8 as sequence, hash from vend_chain where grant_id = $1',
        [grantId],
      )
      const [counted] = await sql<{ unchained: number; chained: number; last: number | null }>(
        `select count(*) filter (where sequence is null)::int as unchained, count(sequence)::int as chained,
                max(sequence)::float8 as last
           from token_vend where grant_id = $1`,
        [grantId],
      )
      const unchained = counted?.unchained ?? 0
      if (!head) {
        const last = counted?.last ?? null
        const breaks = last === null ? [] : [{ sequence: last, problem: 'was changed' as const }]
        return { entries: counted?.chained ?? 0, unchained, head: null, breaks }
      }
      const walk = chainWalk()
      let entries = 0
      for (let after = 0, rows: Row[] = []; ; after = rows.at(-1)?.sequence ?? after) {
        rows = await sql<Row>(
          `select id, connection_id as "connectionId", grant_id as "grantId", generation, caller, purpose, scopes,
                  traceparent, ${epochMs('vended_at')} as at, sequence::float8 as sequence, hash
             from token_vend where grant_id = $1 and sequence > $2 and sequence <= $3
            order by sequence limit ${pageSize}`,
          [grantId, after, head.sequence],
        )
        for (const row of rows) walk.step({ ...row, at: new Date(row.at) })
        entries += rows.length
        if (rows.length < pageSize) break
      }
      return { entries, unchained, head: head.sequence === 0 ? null : head, breaks: walk.end(head) }
    },
  }
}
