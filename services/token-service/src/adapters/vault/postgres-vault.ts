import { randomBytes } from 'node:crypto'
import type { Ids } from '@evergrant/decider'
import {
  type Database,
  type RowStatement,
  readTogether,
  type Sql,
  sqlOf,
  type Write,
  writesOf,
} from '@evergrant/event-store'
import type { DataKey, OpenedToken, SecretBinding, SecretVault } from '../../application/ports.ts'
import { tokenErrors } from '../../domain/errors.ts'
import { open, seal } from './aes-gcm.ts'
import { type Field, fieldContext, keyContext } from './bindings.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { whileRingStays } from './ring-lock.ts'

interface DataKeyRow {
  readonly data_key_id: string
  readonly key_id: string
  readonly wrapped_key: string
}

interface SecretRow extends DataKeyRow {
  readonly grant_id: string
  readonly generation: number
  readonly sealed: string
  /** Of which generation the mark is that was left of the refresh token. */
  readonly marked: number | null
}

/** A vault that tells which refresh tokens it found without their mark. */
export interface PostgresVault extends SecretVault {
  refreshToken(binding: SecretBinding): Promise<(OpenedToken & { readonly marked: boolean }) | undefined>
}

interface VaultOptions {
  readonly database: Database
  readonly keys: KeyEncryption
  readonly ids: Ids
}

const accessTokenText = `
  select s.grant_id, s.generation, s.sealed, k.data_key_id, k.key_id, k.wrapped_key, null as marked
    from vault_secret s join vault_data_key k using (grant_id)
   where s.grant_id = $1 and s.field = 'access_token'`
const refreshTokensText = `
  select s.grant_id, s.generation, s.sealed, k.data_key_id, k.key_id, k.wrapped_key, m.generation as marked
    from vault_secret s join vault_data_key k using (grant_id) left join refresh_token_mark m using (grant_id)
   where s.grant_id = any($1::uuid[]) and s.field = 'refresh_token'`

const keptSecret: RowStatement = {
  columns: 'grant_id uuid, field text, generation int, sealed text, data_key_id uuid',
  text: (rows) => `
  insert into vault_secret (grant_id, field, generation, sealed)
  select r.grant_id, r.field, r.generation,
         case when exists (select from vault_data_key k where k.grant_id = r.grant_id and k.data_key_id = r.data_key_id)
              then r.sealed end
    from ${rows} as r
  on conflict (grant_id, field) do update set generation = excluded.generation, sealed = excluded.sealed`,
}

/** Envelope encryption: a data key per grant seals its tokens, the key ring wraps the data key. Every ciphertext is
 * bound to user, grant, generation, field and key, so a row that was swapped or rolled back fails authentication. */
export function createPostgresVault({ database, keys, ids }: VaultOptions): PostgresVault {
  const sql = sqlOf(database)
  // Grants that are claimed together open theirs together.
  const refreshTokenRow = readTogether(async (grantIds) => {
    const rows = await sql<SecretRow>(refreshTokensText, [grantIds])
    return new Map(rows.map((row) => [row.grant_id, row]))
  })
  const opened = async (binding: SecretBinding, field: Field, row: SecretRow | undefined) => {
    if (!row) throw unreadable(binding, 'missing')
    if (row.generation > binding.generation) return undefined
    const key = await keys.unwrap(
      { keyId: row.key_id, wrapped: row.wrapped_key },
      keyContext(binding, row.data_key_id),
    )
    // The caller's generation, not the row's: an older row put back must not open.
    const token = open(key, row.sealed, fieldContext(binding, field, row.data_key_id)).toString('utf8')
    return { token, dataKey: { id: row.data_key_id, key }, marked: row.marked === row.generation }
  }

  return {
    accessToken: async (binding) => {
      const [row] = await sql<SecretRow>(accessTokenText, [binding.grantId])
      return (await opened(binding, 'access_token', row))?.token
    },
    refreshToken: async (binding) => opened(binding, 'refresh_token', await refreshTokenRow(binding.grantId)),
    async keep(unit, { accessToken, refreshToken, dataKey: known, ...binding }) {
      const dataKey = known ?? (await dataKeyOf(sqlOf(unit), binding, { keys, ids }, refreshToken !== null))
      const tokens: [Field, string | null][] = [
        ['access_token', accessToken],
        ['refresh_token', refreshToken],
      ]
      const { grantId, generation } = binding
      const writes = tokens.flatMap(([field, token]): Write[] => {
        if (token === null) return []
        const plain = Buffer.from(token, 'utf8')
        const sealed = seal(dataKey.key, plain, fieldContext(binding, field, dataKey.id))
        return [
          {
            statement: keptSecret,
            row: { grant_id: grantId, field, generation, sealed, data_key_id: dataKey.id },
          },
        ]
      })
      await writesOf(unit)(writes)
    },
    async shred(unit, grantId) {
      await sqlOf(unit)('delete from vault_data_key where grant_id = $1', [grantId])
    },
  }
}

/** The grant's data key. One that cannot be unwrapped is replaced when a complete token set is at hand: a damaged row
 * must not keep a user from connecting again. */
async function dataKeyOf(
  sql: Sql,
  binding: SecretBinding,
  by: Pick<VaultOptions, 'keys' | 'ids'>,
  complete: boolean,
): Promise<DataKey> {
  const [row] = await sql<DataKeyRow>(
    'select data_key_id, key_id, wrapped_key from vault_data_key where grant_id = $1 for update',
    [binding.grantId],
  )
  if (!row) return newDataKey(sql, binding, by)
  try {
    const wrapped = { keyId: row.key_id, wrapped: row.wrapped_key }
    const key = await by.keys.unwrap(wrapped, keyContext(binding, row.data_key_id))
    return { id: row.data_key_id, key }
  } catch (error) {
    if (!complete) throw error
    await sql('delete from vault_data_key where grant_id = $1', [binding.grantId])
    return newDataKey(sql, binding, by)
  }
}

async function newDataKey(
  sql: Sql,
  binding: SecretBinding,
  { keys, ids }: Pick<VaultOptions, 'keys' | 'ids'>,
): Promise<DataKey> {
  const key = randomBytes(32)
  const id = ids.next()
  await whileRingStays(sql)
  const { keyId, wrapped } = await keys.wrap(key, keyContext(binding, id))
  await sql(
    'insert into vault_data_key (grant_id, data_key_id, key_id, wrapped_key) values ($1, $2, $3, $4)',
    [binding.grantId, id, keyId, wrapped],
  )
  return { id, key }
}

function unreadable({ grantId, generation }: SecretBinding, problem: string): Error {
  return tokenErrors.tokens_not_readable({ detail: { grantId, generation, problem } })
}
