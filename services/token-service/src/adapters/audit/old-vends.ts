import { type Database, sqlOf } from '@evergrant/event-store'
import type { OldVends } from '../../application/ports.ts'

/** A statement deletes no more than these. */
const mostOfGrant = 2_000

// A chain's oldest entry is the first behind what was forgotten: one look into the index for each grant.
const dueText = `
  select c.grant_id as "grantId",
         exists (select from token_vend v
                  where v.grant_id = c.grant_id and v.sequence = c.forgotten + 1 and v.vended_at < $2) as "isDue"
    from vend_chain c
   where $1::uuid is null or c.grant_id > $1
   order by c.grant_id limit $3`

export function createOldVends(database: Database): OldVends {
  const sql = sqlOf(database)
  const forgetGrant = async (grantId: string, before: Date): Promise<number> => {
    let forgotten = 0
    for (let more = true; more; ) {
      const text = 'select forget_vends($1, $2, $3) as count'
      const [gone] = await sql<{ count: number }>(text, [grantId, before.toISOString(), mostOfGrant])
      forgotten += gone?.count ?? 0
      more = gone?.count === mostOfGrant
    }
    return forgotten
  }
  return {
    forget: async ({ before, after, limit }) => {
      const grants = await sql<{ grantId: string; isDue: boolean }>(dueText, [
        after,
        before.toISOString(),
        limit,
      ])
      let forgotten = 0
      for (const { grantId, isDue } of grants) if (isDue) forgotten += await forgetGrant(grantId, before)
      return { forgotten, next: grants.length < limit ? null : (grants.at(-1)?.grantId ?? null) }
    },
  }
}
