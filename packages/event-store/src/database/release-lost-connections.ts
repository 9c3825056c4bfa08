export interface PooledClient {
  query(...args: unknown[]): unknown
  /** An error takes the connection out of the pool for good. */
  release(error?: unknown): void
}

export interface ConnectionPool {
  on(event: 'connect', listener: (client: PooledClient) => void): unknown
}

/**
 * Kysely hands the connection of a controlled transaction back only after a `commit` or `rollback` that succeeded. Where
 * the server died in the middle of it, or answers `begin` with "shutting down", neither does, and the connection would
 * stay taken: after as many as the pool is large, the process could never reach its database again.
 */
export function releaseLostConnections(pool: ConnectionPool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    client.query = (...args) => {
      const result = query(...args)
      if (!(result instanceof Promise) || !beginsOrEndsTransaction(args[0])) return result
      return result.catch((error: unknown) => {
        client.release(error)
        throw error
      })
    }
  })
}

/** A failed `commit` is followed by a `rollback`; a savepoint's end leaves the transaction open. */
function beginsOrEndsTransaction(text: unknown): boolean {
  return typeof text === 'string' && /^(begin|start transaction|rollback)(?! to)\b/i.test(text)
}
