import { type Clock, DomainError, type Ids } from '@evergrant/decider'
import { type Database, type EventStore, epochMs, type Sql, sqlOf } from '@evergrant/event-store'
import type { KeyRotation, VaultKeys } from '../../application/ports.ts'
import { tokenErrors } from '../../domain/errors.ts'
import { keyContext } from './bindings.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { whileRingChanges } from './ring-lock.ts'

interface VaultKeysOptions {
  readonly database: Database
  readonly store: Pick<EventStore, 'transaction'>
  readonly keys: KeyEncryption
  readonly clock: Clock
  readonly ids: Ids
}

interface DataKeyRow {
  readonly grant_id: string
  readonly user_id: string | null
  readonly data_key_id: string
  readonly key_id: string
  readonly wrapped_key: string
}

const rotationColumns = `id, target_key_id as "targetKeyId", started_by as "startedBy", total, rewrapped, unreadable,
  ${epochMs('started_at')} as "startedAt", ${epochMs('finished_at')} as "finishedAt"`

export function createVaultKeys({ database, store, keys, clock, ids }: VaultKeysOptions): VaultKeys {
  const sql = sqlOf(database)
  const now = () => clock.now().toISOString()
  const alone = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    store.transaction(async (unit) => {
      await whileRingChanges(sqlOf(unit))
      return work(sqlOf(unit))
    })

  const lastRotation = async () => {
    const [rotation] = await sql<KeyRotation>(
      `select ${rotationColumns} from vault_rotation order by started_at desc limit 1`,
    )
    return rotation ?? null
  }

  return {
    lastRotation,

    async status() {
      // First: counted before, data keys of a rotation that finished in between would seem to be left behind.
      const rotation = await lastRotation()
      const usage = await sql<{ keyId: string; dataKeys: number }>(
        'select key_id as "keyId", count(*)::int as "dataKeys" from vault_data_key group by key_id',
      )
      const current = await keys.currentKeyId()
      const counted = new Map(usage.map(({ keyId, dataKeys }) => [keyId, dataKeys]))
      const all = new Set([current, ...(await keys.keyIds()), ...counted.keys()])
      return {
        current,
        keys: [...all].map((keyId) => ({ keyId, dataKeys: counted.get(keyId) ?? 0 })),
        rotation,
      }
    },

    async begin({ newKey, startedBy }) {
      const current = await keys.currentKeyId()
      return alone(async (sql) => {
        const [open] = await sql<KeyRotation>(
          `select ${rotationColumns} from vault_rotation where finished_at is null`,
        )
        if (open) return open
        // A process that dies before the commit leaves a key too many, never one too few.
        const target = (newKey ? await keys.addKey() : null) ?? current
        const [begun] = await sql<KeyRotation>(
          `insert into vault_rotation (id, target_key_id, started_by, started_at, total, rewrapped, unreadable)
           select $1, $2, $3, $4, count(*) filter (where key_id <> $2), 0, 0 from vault_data_key
           returning ${rotationColumns}`,
          [ids.next(), target, startedBy, now()],
        )
        if (!begun) throw new TypeError('an insert of one row returned none')
        return begun
      })
    },

    async claim(holder, leaseMs) {
      const [rotation] = await sql<KeyRotation>(
        `update vault_rotation set holder = $1, lease_until = $3
          where finished_at is null and (holder is null or holder = $1 or lease_until <= $2)
         returning ${rotationColumns}`,
        [holder, now(), new Date(clock.now().getTime() + leaseMs).toISOString()],
      )
      return rotation
    },

    async rewrapNext(rotationId, limit) {
      const current = await keys.currentKeyId()
      const rows = await sql<DataKeyRow>(
        `select k.grant_id, g.user_id, k.data_key_id, k.key_id, k.wrapped_key
           from vault_data_key k left join grant_state g using (grant_id), vault_rotation r
          where r.id = $1 and k.key_id <> $2 and (r.position is null or k.grant_id > r.position)
          order by k.grant_id limit $3`,
        [rotationId, current, limit],
      )
      const outcomes = await Promise.all(rows.map((row) => rewrap(keys, row)))
      const rewrapped = outcomes.filter((outcome) => outcome !== undefined)
      // Only over what was read: a data key that was replaced meanwhile is wrapped by the current key already.
      await sql(
        `with wrapped as (
           select * from jsonb_to_recordset($2::jsonb)
             as w(grant_id uuid, was text, key_id text, wrapped_key text)),
         changed as (
           update vault_data_key k set key_id = w.key_id, wrapped_key = w.wrapped_key
             from wrapped w where k.grant_id = w.grant_id and k.wrapped_key = w.was)
         update vault_rotation set target_key_id = $3, position = coalesce($4::uuid, position),
           rewrapped = rewrapped + $5, unreadable = unreadable + $6 where id = $1`,
        [
          rotationId,
          JSON.stringify(rewrapped),
          current,
          rows.at(-1)?.grant_id ?? null,
          rewrapped.length,
          rows.length - rewrapped.length,
        ],
      )
      if (rows.length === limit) return { finished: false }
      return { finished: await finish(rotationId, current) }
    },

    async retire(keyId) {
      await alone(async (sql) => {
        const [used] = await sql('select 1 from vault_data_key where key_id = $1 limit 1', [keyId])
        if (used !== undefined) throw tokenErrors.vault_key_in_use()
        await keys.retire(keyId)
      })
    },
  }

  /** Not while rows are left that this pass did not see: a replica may have wrapped with the old key until now. */
  async function finish(rotationId: string, current: string): Promise<boolean> {
    const finished = await sql(
      `update vault_rotation set finished_at = $2
        where id = $1 and unreadable >= (select count(*) from vault_data_key where key_id <> $3) returning 1`,
      [rotationId, now(), current],
    )
    if (finished.length > 0) return true
    await sql('update vault_rotation set position = null, unreadable = 0 where id = $1', [rotationId])
    return false
  }
}

/** undefined for a row that cannot be opened: it is counted, and keeps its key from being retired. */
async function rewrap(keys: KeyEncryption, row: DataKeyRow) {
  if (row.user_id === null) return undefined
  const context = keyContext({ userId: row.user_id, grantId: row.grant_id }, row.data_key_id)
  try {
    const dataKey = await keys.unwrap({ keyId: row.key_id, wrapped: row.wrapped_key }, context)
    const { keyId, wrapped } = await keys.wrap(dataKey, context)
    return { grant_id: row.grant_id, was: row.wrapped_key, key_id: keyId, wrapped_key: wrapped }
  } catch (error) {
    if (error instanceof DomainError && error.code === 'tokens_not_readable') return undefined
    throw error
  }
}
