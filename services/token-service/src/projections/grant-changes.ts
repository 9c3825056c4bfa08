import { type Database, sqlOf } from '@evergrant/event-store'
import { type GrantFact, grantIdOfStream } from '../domain/grant-facts.ts'

/** A position below which no fact can appear any more. */
export async function safePosition(database: Database): Promise<number> {
  const [row] = await sqlOf(database)<{ position: number }>('select es.safe_position()::float8 as position')
  return row?.position ?? 0
}

/** Announces a refresh, and changes nothing about the token that is there. */
const changesNoToken: GrantFact['type'] = 'RefreshStarted'

/** Which grants have changed after a position, committed by whomever. */
export async function grantsChangedAfter(database: Database, position: number): Promise<string[]> {
  const rows = await sqlOf(database)<{ stream_id: string }>(
    `select distinct stream_id from es.event
      where position > $1 and type <> '${changesNoToken}' and stream_id like 'grant-%'`,
    [position],
  )
  return rows.flatMap(({ stream_id }) => grantIdOfStream(stream_id) ?? [])
}

/** Whether a fact changes what a vend may hand out. */
export function touchesTokens(fact: { readonly type: string }): boolean {
  return fact.type !== changesNoToken
}
