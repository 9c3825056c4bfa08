import type { Service } from '@evergrant/event-contracts'
import type { RecordedFact } from '@evergrant/event-store'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { VendEntry } from './connection-history.ts'

export interface HistoryEntry {
  readonly at: string
  readonly type: string
  readonly by: {
    readonly kind: 'user' | 'service' | 'google' | 'schedule' | 'operator'
    readonly id?: string
  }
  readonly summary: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly eventId?: string
  readonly traceId?: string
}

/** A fact as one line of a connection's history; undefined when it is about a sibling. */
export function entryOfFact(fact: RecordedFact<GrantFact>, service: Service): HistoryEntry | undefined {
  if (fact.type === 'TokensReceived' && !fact.data.services.includes(service)) {
    return entry(fact, 'The grant got a new token set by a consent for another service.')
  }
  if (fact.type === 'ConnectionDisconnected' && fact.data.service !== service) return undefined
  return entry(fact, summaryOf(fact))
}

export function entryOfVend(vend: VendEntry): HistoryEntry {
  return {
    at: new Date(vend.at).toISOString(),
    type: 'AccessTokenVended',
    by: { kind: 'service', id: vend.caller },
    summary: `${vend.caller} borrowed an access token${vend.purpose === null ? '' : ` for ${vend.purpose}`}.`,
    detail: { generation: vend.generation, purpose: vend.purpose },
    ...traceOf(vend.traceparent ?? undefined),
  }
}

function entry(fact: RecordedFact<GrantFact>, summary: string): HistoryEntry {
  const { actor, causationId, traceparent } = fact.metadata
  return {
    at: fact.recordedAt.toISOString(),
    type: fact.type,
    by: { kind: actor.kind, ...(actor.id === undefined ? {} : { id: actor.id }) },
    summary,
    detail: { ...fact.data },
    ...(causationId === undefined ? {} : { eventId: causationId }),
    ...traceOf(traceparent),
  }
}

function traceOf(traceparent: string | undefined): { readonly traceId?: string } {
  const traceId = traceparent?.split('-')[1]
  return traceId === undefined ? {} : { traceId }
}

function summaryOf(fact: GrantFact): string {
  switch (fact.type) {
    case 'GrantOpened':
      return `${fact.data.account.email} was connected for the first time.`
    case 'TokensReceived':
      return fact.data.refreshTokenGeneration === null
        ? 'The user granted access; Google sent no refresh token.'
        : 'The user granted access.'
    case 'RefreshStarted':
      return `A refresh began (attempt ${fact.data.attempt}, because of: ${fact.data.cause}).`
    case 'GrantRefreshed':
      return `The token set was refreshed; generation ${fact.data.generation} is valid until ${fact.data.expiresAt}.`
    case 'RefreshFailed':
      return `A refresh failed (${fact.data.failureClass.replaceAll('_', ' ')}).`
    case 'ReauthorizationRequired':
      return `The user has to consent again (${fact.data.reason.replaceAll('_', ' ')}).`
    case 'ConnectionDisconnected':
      return `The connection was ended (${fact.data.reason.replaceAll('_', ' ')}).`
    case 'GrantRevoked':
      return `The last connection went; the grant is over (by ${fact.data.by}).`
    case 'FailureReclassified':
      return `By a better rule the failure was not ${fact.data.from} but ${fact.data.to}; the grant is tried again.`
    case 'RevocationDelayed':
      return `Google could not be told yet; next try at ${fact.data.nextAttemptAt}.`
    case 'RevocationSettled':
      return `Nothing is left at Google (${fact.data.outcome.replaceAll('_', ' ')}); the key was destroyed.`
  }
}
