import type { ConnectionPool } from './release-lost-connections.ts'

/** Tells of every statement that fails on any connection of the pool; the caller gets its error all the same. */
export function reportQueryErrors(pool: ConnectionPool, report: (error: unknown) => void): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    client.query = (...args) => {
      const result = query(...args)
      // A second reader of the same promise: it neither delays nor swallows.
      if (result instanceof Promise) result.catch(report)
      return result
    }
  })
}
