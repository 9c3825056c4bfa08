import { randomBytes } from 'node:crypto'
import type { Ids } from '@evergrant/decider'
import { type Database, type Sql, sqlOf } from '@evergrant/event-store'
import type { SecretBinding, SecretVault } from '../../application/ports.ts'
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
  readonly generation: number
  readonly sealed: string
}

interface VaultOptions {
  readonly database: Database
  readonly keys: KeyEncryption
  readonly ids: Ids
}

/** Envelope encryption: a data key per grant seals its tokens, the key ring wraps the data key. Every ciphertext is
 * bound to user, grant, generation, field and key, so a row that was swapped or rolled back fails authentication. */
export function createPostgresVault({ database, keys, ids }: VaultOptions): SecretVault {
  const read = async (binding: SecretBinding, field: Field): Promise<string | undefined> => {
    const [row] = await sqlOf(database)<SecretRow>(
      `select s.generation, s.sealed, k.data_key_id, k.key_id, k.wrapped_key
         from vault_secret s join vault_data_key k using (grant_id)
        where s.grant_id = $1 and s.field = $2`,
      [binding.grantId, field],
    )
    if (!row) throw unreadable(binding, 'missing')
    if (row.generation > binding.generation) return undefined
    const dataKey = await keys.unwrap(
      { keyId: row.key_id, wrapped: row.wrapped_key },
      keyContext(binding, row.data_key_id),
    )
    // The caller's generation, not the row's: an older row put back must not open.
    return open(dataKey, row.sealed, fieldContext(binding, field, row.data_key_id)).toString('utf8')
  }

  return {
    accessToken: (binding) => read(binding, 'access_token'),
    refreshToken: (binding) => read(binding, 'refresh_token'),
    async keep(unit, { accessToken, refreshToken, ...binding }) {
      const sql = sqlOf(unit)
      const { dataKey, dataKeyId } = await dataKeyOf(sql, binding, { keys, ids }, refreshToken !== null)
      const fields: [Field, string | null][] = [
        ['access_token', accessToken],
        ['refresh_token', refreshToken],
      ]
      for (const [field, token] of fields) {
        if (token === null) continue
        const sealed = seal(dataKey, Buffer.from(token, 'utf8'), fieldContext(binding, field, dataKeyId))
        await sql(
          `insert into vault_secret (grant_id, field, generation, sealed) values ($1, $2, $3, $4)
           on conflict (grant_id, field) do update
             set generation = excluded.generation, sealed = excluded.sealed`,
          [binding.grantId, field, binding.generation, sealed],
        )
      }
    },
    async shred(unit, grantId) {
      await sqlOf(unit)('delete from vault_data_key where grant_id = $1', [grantId])
    },
  }
}

interface DataKey {
  readonly dataKey: Buffer
  readonly dataKeyId: string
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
    return {
      dataKey: await by.keys.unwrap(wrapped, keyContext(binding, row.data_key_id)),
      dataKeyId: row.data_key_id,
    }
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
  const dataKey = randomBytes(32)
  const dataKeyId = ids.next()
  await whileRingStays(sql)
  const { keyId, wrapped } = await keys.wrap(dataKey, keyContext(binding, dataKeyId))
  await sql(
    'insert into vault_data_key (grant_id, data_key_id, key_id, wrapped_key) values ($1, $2, $3, $4)',
    [binding.grantId, dataKeyId, keyId, wrapped],
  )
  return { dataKey, dataKeyId }
}

function unreadable({ grantId, generation }: SecretBinding, problem: string): Error {
  return tokenErrors.tokens_not_readable({ detail: { grantId, generation, problem } })
}
