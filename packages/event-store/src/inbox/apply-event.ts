import { DomainError } from '@evergrant/decider'
import { decodeEvent, type EventMessage, type PublicEvent } from '@evergrant/event-contracts'
import {
  errorCode,
  isDatabaseUnavailable,
  isPassing,
  isSerializationFailure,
} from '../database/database-errors.ts'
import type { UnitOfWork } from '../log/event-store.ts'
import { savepoint } from '../log/unit-of-work.ts'
import type { EventHandlers } from './inbox.ts'

/** What became of one event in this transaction; unless it was applied, its savepoint is undone. */
export type Application =
  | { readonly status: 'applied' }
  /** A passing fault: try again later, however often it takes. */
  | { readonly status: 'later'; readonly reason: string }
  /** It may be the event; three of these and it is parked. */
  | { readonly status: 'failed'; readonly reason: string }
  /** It can never be read. */
  | { readonly status: 'hopeless'; readonly reason: string }

const attemptsAgainstWriters = 5

/** Applies one event in a savepoint of its own.
 * @throws what concerns the whole transaction: a lost connection, a deadlock. */
export async function applyEvent(
  unit: UnitOfWork,
  message: EventMessage,
  handlers: EventHandlers,
  onError: (error: unknown) => void,
): Promise<Application> {
  const handle = handlers[message.subject]
  if (!handle) return { status: 'applied' }
  let event: PublicEvent
  try {
    event = decodeEvent(message)
  } catch (error) {
    onError(error)
    return { status: 'hopeless', reason: reasonOf(error) }
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await savepoint(unit, (inner) => handle(event, inner))
      return { status: 'applied' }
    } catch (error) {
      if (isDatabaseUnavailable(error) || isSerializationFailure(error)) throw error
      // The savepoint is undone, so the handler reads fresh state now.
      if (lostARace(error) && attempt < attemptsAgainstWriters) continue
      onError(error)
      return { status: isPassing(error) || lostARace(error) ? 'later' : 'failed', reason: reasonOf(error) }
    }
  }
}

function lostARace(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'stream_moved_on'
}

/** What an operator reads: a stable word, and what it means. Messages of drivers and parsers quote values, so only codes
 * of those are kept. */
export function reasonOf(error: unknown): string {
  if (error instanceof DomainError) return `${error.code}: ${error.message}`
  const code = errorCode(error)
  if (code !== undefined) return `database_error: ${code}`
  if (error instanceof TypeError || error instanceof RangeError)
    return `handler_defect: ${error.name}: ${error.message}`
  return `handler_defect: ${error instanceof Error ? error.name : 'unknown error'}`
}
