import { type Database, type Sql, sqlOf } from '@evergrant/event-store'
import type { SecretBinding, SecretVault } from '../../application/ports.ts'
import type { EventSubject } from '../../domain/security-event.ts'
import type { PostgresVault } from './postgres-vault.ts'
import { doubleHashMark, marksOf, prefixMark } from './token-marks.ts'

/** A vault that leaves a mark of every refresh token it keeps, and takes it away with the token. A token from before marks,
 * or kept by a process that knew none, gets its own when it is opened for the next refresh. */
export function markRefreshTokens(
  vault: PostgresVault,
  { database, onError }: { readonly database: Database; readonly onError: (error: unknown) => void },
): SecretVault {
  return {
    ...vault,
    async keep(unit, tokens) {
      await vault.keep(unit, tokens)
      if (tokens.refreshToken !== null) await writeMark(sqlOf(unit), tokens, tokens.refreshToken)
    },
    async refreshToken(binding) {
      const opened = await vault.refreshToken(binding)
      // A mark only makes a withdrawal known sooner; no refresh may fail for it.
      if (opened?.marked === false) await writeMark(sqlOf(database), binding, opened.token).catch(onError)
      return opened
    },
    async shred(unit, grantId) {
      await vault.shred(unit, grantId)
      await sqlOf(unit)('delete from refresh_token_mark where grant_id = $1', [grantId])
    },
  }
}

/** Never over the mark of a newer token, and not for one that was shredded or replaced meanwhile. */
async function writeMark(sql: Sql, { grantId, generation }: SecretBinding, token: string): Promise<void> {
  const { doubleHash, prefixHash } = marksOf(token)
  await sql(
    `insert into refresh_token_mark as m (grant_id, generation, double_hash, prefix_hash)
     select $1::uuid, $2::int, $3, $4 from vault_secret s
      where s.grant_id = $1::uuid and s.field = 'refresh_token' and s.generation = $2::int
     on conflict (grant_id) do update
       set generation = excluded.generation, double_hash = excluded.double_hash, prefix_hash = excluded.prefix_hash
      where m.generation < excluded.generation`,
    [grantId, generation, doubleHash, prefixHash],
  )
}

/** The grant that holds a token; undefined when nobody here holds it, or when its first characters fit more than one. */
export async function grantOfToken(
  database: Database,
  { namedBy, name }: Extract<EventSubject, { kind: 'refresh_token' }>,
): Promise<{ readonly grantId: string; readonly generation: number } | undefined> {
  const mark = namedBy === 'prefix' ? prefixMark(name) : doubleHashMark(name)
  if (namedBy === null || mark === null) return undefined
  const [found, ...others] = await sqlOf(database)<{ grantId: string; generation: number }>(
    `select grant_id as "grantId", generation from refresh_token_mark
      where ${namedBy === 'prefix' ? 'prefix_hash' : 'double_hash'} = $1 limit 2`,
    [mark],
  )
  return others.length > 0 ? undefined : found
}
