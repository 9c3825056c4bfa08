import { storeErrors } from '../errors.ts'
import type { ConnectionPool } from './release-lost-connections.ts'

/** PostgreSQL answers COMMIT of a failed transaction with a ROLLBACK that is no error. Whoever swallowed the failing
 * statement's error would be told of a success that never was; here it becomes `transaction_aborted`. */
export function refuseSilentRollback(pool: ConnectionPool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    client.query = (...args) => {
      const result = query(...args)
      if (!(result instanceof Promise) || args[0] !== 'commit') return result
      return result.then((answer: { readonly command?: string }) => {
        if (answer.command === 'ROLLBACK') throw storeErrors.transaction_aborted()
        return answer
      })
    }
  })
}
