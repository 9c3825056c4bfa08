import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { VendAudit } from '../../application/ports.ts'
import { type ChainedVend, type ChainHead, chainWalk } from './vend-chain.ts'

const pageSize = 2_000

interface Ends {
  /** As the chain says; null when there is none. */
  readonly sequence: number | null
  readonly hash: string | null
  /** The last entry that was forgotten; 0 when none was. */
  readonly forgotten: number | null
  readonly forgottenHash: string | null
  readonly forgottenUntil: number | null
  /** As the entries say. */
  readonly unchained: number
  readonly chained: number
  readonly last: number | null
}

const nothing: Ends = {
  ...{ sequence: null, hash: null, forgotten: null, forgottenHash: null, forgottenUntil: null },
  unchained: 0,
  chained: 0,
  last: null,
}

type Row = Omit<ChainedVend, 'at'> & { readonly at: number }

export function createVendAudit(database: Database): VendAudit {
  const sql = sqlOf(database)
  // The end first: what is added meanwhile lies behind it and is not looked at. In one statement with what is there:
  // between two of them a first vend would leave a record without an end, as if somebody had taken that away.
  const endsOf = async (grantId: string): Promise<Ends> => {
    const [found] = await sql<Ends>(
      `select c.sequence::float8 as sequence, c.hash, c.forgotten::float8 as forgotten,
              c.forgotten_hash as "forgottenHash", ${epochMs('c.forgotten_until')} as "forgottenUntil", v.*
         from (select count(*) filter (where sequence is null)::int as unchained, count(sequence)::int as chained,
                      max(sequence)::float8 as last
                 from token_vend where grant_id = $1) v
         left join vend_chain c on c.grant_id = $1`,
      [grantId],
    )
    return found ?? nothing
  }

  const verify: VendAudit['verify'] = async (grantId) => {
    const { unchained, chained, last, sequence, hash, ...beginning } = await endsOf(grantId)
    if (sequence === null || hash === null) {
      const breaks = last === null ? [] : [{ sequence: last, problem: 'was changed' as const }]
      return { entries: chained, unchained, forgotten: null, head: null, breaks }
    }
    const head: ChainHead = { sequence, hash }
    const { forgotten: gone, forgottenHash, forgottenUntil } = beginning
    const from: ChainHead = { sequence: gone ?? 0, hash: forgottenHash ?? '' }
    const walk = chainWalk(from)
    let entries = 0
    for (let after = from.sequence, rows: Row[] = []; ; after = rows.at(-1)?.sequence ?? after) {
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
    const breaks = walk.end(head)
    // What was forgotten under our eyes is missing only to us.
    if (breaks.length > 0 && (await endsOf(grantId)).forgotten !== gone) return verify(grantId)
    const forgotten =
      from.sequence === 0 || forgottenUntil === null
        ? null
        : { entries: from.sequence, until: new Date(forgottenUntil) }
    return { entries, unchained, forgotten, head: head.sequence === 0 ? null : head, breaks }
  }
  return { verify }
}
