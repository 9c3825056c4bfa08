import type { z } from 'zod'
import { calendarEventsChanged } from './calendar/calendar-events-changed.v1.ts'
import { syncCompleted } from './calendar/sync-completed.v1.ts'
import { syncFailed } from './calendar/sync-failed.v1.ts'
import { syncRequested } from './calendar/sync-requested.v1.ts'
import { syncStarted } from './calendar/sync-started.v1.ts'
import type { Contract } from './define-contract.ts'
import { droppedContracts } from './dropped/event-dropped.v1.ts'
import { attributesOf, type EventAttributes, type EventMessage, headersOf } from './envelope.ts'
import { contractErrors } from './errors.ts'
import { authorizationDenied } from './oauth/authorization-denied.v1.ts'
import { tokenIssued } from './oauth/token-issued.v1.ts'
import { schemaContracts } from './schema/schema-contracts.ts'
import { connectionChanged } from './token/connection-changed.v1.ts'
import { grantRevoked } from './token/grant-revoked.v1.ts'
import { reauthorizationRequired } from './token/reauthorization-required.v1.ts'
import { tokenRefreshFailed } from './token/token-refresh-failed.v1.ts'
import { tokenRefreshed } from './token/token-refreshed.v1.ts'

/** Every public event, by name. */
export const contracts = {
  tokenIssued,
  authorizationDenied,
  tokenRefreshed,
  tokenRefreshFailed,
  reauthorizationRequired,
  grantRevoked,
  connectionChanged,
  syncRequested,
  syncStarted,
  syncCompleted,
  syncFailed,
  calendarEventsChanged,
} as const

export const allContracts: readonly Contract[] = [
  ...Object.values(contracts),
  ...Object.values(schemaContracts).flatMap((ofContext): Contract[] => Object.values(ofContext)),
  ...Object.values(droppedContracts),
]

const bySubject = new Map(allContracts.map((contract) => [contract.subject, contract]))

export type DataOf<C extends Contract> = z.output<C['schema']>

/** A contract with the data it is to carry, before it has a stream position. */
export interface Publication<C extends Contract = Contract> {
  readonly contract: C
  readonly data: DataOf<C>
}

export function publication<C extends Contract>(contract: C, data: DataOf<C>): Publication<C> {
  return { contract, data }
}

/** A public event, read from the bus and checked against its contract. */
export interface PublicEvent<C extends Contract = Contract> {
  readonly contract: C
  readonly attributes: EventAttributes
  readonly data: DataOf<C>
}

/** Freezes a publication into the bytes that will travel, and travel again when they must be repaired.
 * @throws DomainError `invalid_event` when the data breaks the contract: a defect of the publisher. */
export function encodeEvent(
  { contract, data }: Publication,
  attributes: Omit<EventAttributes, 'type'>,
): EventMessage {
  const parsed = contract.schema.safeParse(data)
  if (!parsed.success) throw contractErrors.invalid_event({ detail: parsed.error.issues })
  return {
    subject: contract.subject,
    headers: headersOf({ ...attributes, type: contract.type }),
    payload: new TextEncoder().encode(JSON.stringify(parsed.data)),
  }
}

export function contractOf(subject: string): Contract | undefined {
  return bySubject.get(subject)
}

/** Reads a message; fields the contract does not know are left out, so publishers may grow it.
 * @throws DomainError `malformed_event`, `unknown_contract` or `invalid_event`. */
export function decodeEvent(message: EventMessage): PublicEvent {
  const contract = contractOf(message.subject)
  if (!contract) throw contractErrors.unknown_contract({ detail: { subject: message.subject } })
  const attributes = attributesOf(message)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload))
  } catch (cause) {
    throw contractErrors.invalid_event({ message: 'The payload is not JSON.', cause })
  }
  const parsed = contract.schema.safeParse(json)
  if (!parsed.success) throw contractErrors.invalid_event({ detail: parsed.error.issues })
  return { contract, attributes, data: parsed.data }
}
