import { type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { answerLifetimeMs } from './idempotency-store.ts'
import { idempotencyStoreContract } from './idempotency-store-contract.ts'
import { idempotencyMigrations } from './migrations.ts'
import { createPostgresIdempotencyStore } from './postgres-idempotency-store.ts'

const { url, serviceUrl } = useDatabase()
let database: Database

beforeAll(async () => {
  await migrate({ url, migrations: idempotencyMigrations })
  database = await openDatabase({ url: serviceUrl, applicationName: 'idempotency-test' })
})
afterAll(() => database.close())

const open = () => createPostgresIdempotencyStore({ sql: sqlOf(database) })

idempotencyStoreContract('PostgreSQL, as the service’s own role', open)

it('takes expired answers out of the table while it stores new ones', async () => {
  const store = open()
  const now = new Date('2030-01-01T00:00:00.000Z')
  const answer = { status: 200, contentType: null, location: null, body: '' }
  const old = { scope: 's', key: 'old', fingerprint: 'f', now }
  await store.claim(old)
  await store.finish(old, answer)
  const later = { ...old, key: 'new', now: new Date(now.getTime() + answerLifetimeMs + 1) }
  for (const key of ['a', 'b', 'c']) {
    await store.claim({ ...later, key })
    await store.finish({ ...later, key }, answer)
  }
  const rows = await sqlOf(database)<{ key: string }>('select key from http_idempotency order by key')
  expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
})
