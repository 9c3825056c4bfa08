import { ErrorCode, type NatsConnection, NatsError } from 'nats'
import { busErrors } from './errors.ts'

/** A refusal by the JetStream API; `err_code` values are listed in nats-server's server/errors.json. */
export interface ApiError {
  readonly code: number
  readonly err_code: number
  readonly description: string
}

export const apiErrorCodes = {
  streamNotFound: 10059,
  consumerNotFound: 10014,
  messageTooLarge: 10054,
  messageNotFound: 10037,
} as const

export type ApiAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ApiError }

/** One `$JS.API` request. Spoken directly, because the classic client's types end before 2.12's settings do.
 * @throws DomainError `bus_unavailable` when nobody answers. */
export async function jetstreamApi<T>(
  connection: NatsConnection,
  subject: string,
  body?: unknown,
  timeoutMs = 5_000,
): Promise<ApiAnswer<T>> {
  try {
    const reply = await connection.request(
      `$JS.API.${subject}`,
      body === undefined ? '' : JSON.stringify(body),
      {
        timeout: timeoutMs,
      },
    )
    const answer = reply.json<T & { error?: ApiError }>()
    return answer.error ? { ok: false, error: answer.error } : { ok: true, value: answer }
  } catch (cause) {
    throw busErrors.bus_unavailable({ cause, detail: { subject } })
  }
}

/** Nobody listens on the subject: JetStream is not there, or the stream or consumer is not. */
export function isNoResponders(error: unknown): boolean {
  return error instanceof NatsError && error.code === ErrorCode.NoResponders
}
