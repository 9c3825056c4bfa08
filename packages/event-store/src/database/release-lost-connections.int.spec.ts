import { useDatabase } from '@evergrant/stack/testing'
import { CompiledQuery } from 'kysely'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { openDatabase } from './open-database.ts'

describe('a connection that the server ends inside a transaction', () => {
  const { url } = useDatabase()

  it('does not stay taken: more of them than the pool is large, and transactions still start', async () => {
    const poolSize = 2
    const database = await openDatabase({ url, applicationName: 'lost-connections', poolSize })
    const admin = new Client({ connectionString: url })
    await admin.connect()
    const inTransaction = <T>(work: (pid: number) => Promise<T>) =>
      database.em().transactional(async (em) => {
        const sql = em.getKysely()
        const { rows } = await sql.executeQuery<{ pid: number }>(
          CompiledQuery.raw('select pg_backend_pid() as pid'),
        )
        return work(rows[0]?.pid ?? 0)
      })
    try {
      for (let lost = 0; lost <= poolSize; lost++) {
        const dying = inTransaction(async (pid) => {
          await admin.query('select pg_terminate_backend($1, 5000)', [pid])
          throw new Error(`backend ${pid} is gone`)
        })
        await expect(dying).rejects.toThrow('is gone')
      }
      expect(await inTransaction(async (pid) => pid)).toBeGreaterThan(0)
    } finally {
      await admin.end()
      await database.close()
    }
  })
})
