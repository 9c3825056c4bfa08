import { randomUUID } from 'node:crypto'
import { eventually } from './eventually.ts'

export interface Answer {
  readonly status: number
  readonly body: never
}

/** Speaks to the gateway as a careful application does: a key per POST, and again when the answer was "not now". */
export function apiClient(gateway: () => string, token: () => string) {
  const send = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const idempotencyKey = randomUUID()
    return eventually(
      async () => {
        const response = await fetch(`${gateway()}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token()}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(15_000),
        })
        const text = await response.text()
        if (response.status === 503 || response.status === 502) throw new Error(`${response.status}: ${text}`)
        const answer = text === '' ? null : JSON.parse(text)
        // The first try may have died with its process; its key is free again after a minute.
        if (answer?.code === 'idempotent_request_in_flight') throw new Error(text)
        return { status: response.status, body: answer as never }
      },
      { what: `${method} ${path}`, everyMs: 200, timeoutMs: 90_000 },
    )
  }
  return {
    get: (path: string) => send('GET', path),
    post: (path: string, body: unknown = {}) => send('POST', path, body),
    delete: (path: string) => send('DELETE', path),
  }
}

export type ApiClient = ReturnType<typeof apiClient>
