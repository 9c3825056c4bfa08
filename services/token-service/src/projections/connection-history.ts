import { type Database, epochMs, sqlOf } from '@evergrant/event-store'

export interface VendEntry {
  readonly id: string
  readonly caller: string
  readonly purpose: string | null
  readonly generation: number
  readonly traceparent: string | null
  readonly at: number
}

/** Vends of one connection, newest first, before a moment. */
export function vendsOf(
  database: Database,
  connectionId: string,
  page: { readonly before: { readonly at: number; readonly id: string } | null; readonly limit: number },
): Promise<VendEntry[]> {
  return sqlOf(database)<VendEntry>(
    `select id, caller, purpose, generation, traceparent, ${epochMs('vended_at')} as at
       from token_vend
      where connection_id = $1
        and ($2::float8 is null or (vended_at, id) < (to_timestamp($2::float8 / 1000), $3::uuid))
      order by vended_at desc, id desc limit $4`,
    [connectionId, page.before?.at ?? null, page.before?.id ?? null, page.limit],
  )
}
