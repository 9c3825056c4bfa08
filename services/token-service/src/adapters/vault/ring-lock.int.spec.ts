import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock, uuidv7Ids } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SecretVault, VaultKeys } from '../../application/ports.ts'
import { migrations } from '../../migrations/all.ts'
import { loadKeyRing } from './key-ring.ts'
import { createPostgresVault } from './postgres-vault.ts'
import { createVaultKeys } from './vault-keys.ts'

const place = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})
const binding = { userId: 'ann', grantId: '0000000a-0000-5000-8000-000000000001', generation: 1 }

describe('a change of the key ring', () => {
  let folder: string
  let database: Database
  let store: ReturnType<typeof createPostgresEventStore>
  let vault: SecretVault
  let vaultKeys: VaultKeys

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-ring-'))
    const file = join(folder, 'ring.json')
    await writeFile(
      file,
      JSON.stringify({ current: 'k1', keys: { k1: Buffer.alloc(32, 1).toString('base64url') } }),
    )
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    const options = { database, keys: await loadKeyRing(file), clock: systemClock, ids: uuidv7Ids }
    store = createPostgresEventStore({ ...options, source: 'spec', facts: {}, projections: [] })
    vault = createPostgresVault(options)
    vaultKeys = createVaultKeys({ ...options, store })
    await sqlOf(database)(
      `insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state)
       values ($1, $2, $3, 'google', 'account', 'live', '{}')`,
      [binding.grantId, `grant-${binding.grantId}`, binding.userId],
    )
  })
  afterAll(async () => {
    await database.close()
    await rm(folder, { recursive: true })
  })

  const waitingForALock = () =>
    vi.waitFor(
      async () => {
        const waiting = await sqlOf(database)(
          "select 1 from pg_locks where locktype = 'advisory' and not granted",
        )
        expect(waiting).toHaveLength(1)
      },
      { timeout: 15_000 },
    )
  const rotate = async () => {
    const { id } = await vaultKeys.begin({ newKey: true, startedBy: 'operator' })
    while (!(await vaultKeys.rewrapNext(id, 10)).finished);
    await vaultKeys.retire('k1')
  }

  it('waits for a data key that is just being stored, and neither leaves it behind nor takes its key', async () => {
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let kept: () => void = () => undefined
    const isKept = new Promise<void>((resolve) => {
      kept = resolve
    })
    const connecting = store.transaction(async (unit) => {
      await vault.keep(unit, { ...binding, accessToken: 'ya29.a', refreshToken: '1//0a' })
      kept()
      await held
    })
    await isKept
    const rotating = rotate()
    await Promise.race([rotating, waitingForALock()])
    letGo()
    await Promise.all([connecting, rotating])

    const { current, keys, rotation } = await vaultKeys.status()
    expect(keys).toEqual([{ keyId: current, dataKeys: 1 }])
    expect(rotation).toMatchObject({ total: 1, rewrapped: 1 })
    expect(await vault.refreshToken(binding)).toMatchObject({ token: '1//0a' })
  })

  it('keeps no token under a data key that is not the grant’s, and says so', async () => {
    const other = { id: uuidv7Ids.next(), key: Buffer.alloc(32, 9) }
    const keeping = store.transaction((unit) =>
      vault.keep(unit, { ...binding, accessToken: 'ya29.b', refreshToken: null, dataKey: other }),
    )
    await expect(keeping).rejects.toMatchObject({ code: '23502' })
    expect(await vault.accessToken(binding)).toBe('ya29.a')
  })
})
