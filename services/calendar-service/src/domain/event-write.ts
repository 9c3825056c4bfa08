import type { Decider } from '@evergrant/decider'
import type { EventFields } from './merge-event.ts'

export type WriteKind = 'insert' | 'patch' | 'delete'

export interface EventWriteRequest {
  readonly writeId: string
  readonly userId: string
  readonly connectionId: string
  readonly calendarId: string
  /** Google's; chosen by us or the caller before an insert, so that it can be repeated. */
  readonly eventId: string
  readonly kind: WriteKind
  readonly fields: EventFields
  /** The revision the writer saw; null for an insert, or when nobody knows. */
  readonly baseEtag: string | null
}

/**
 * One write to Google: requested → applied, conflicted or refused. It is on record before Google is asked. One whose
 * answer was lost is in doubt; it is settled by looking at Google, never by doing it late.
 */
export type EventWrite =
  | { readonly status: 'none' }
  | {
      readonly status: 'requested' | 'in_doubt' | 'applied' | 'conflicted' | 'refused'
      readonly request: EventWriteRequest
    }

export type EventWriteCommand =
  | { readonly type: 'RequestWrite'; readonly request: EventWriteRequest; readonly now: string }
  /** Somebody changed other fields meanwhile; the write goes on upon their revision. */
  | { readonly type: 'MergeWrite'; readonly theirEtag: string | null; readonly now: string }
  | { readonly type: 'ApplyWrite'; readonly etag: string | null; readonly now: string }
  | {
      readonly type: 'FailWrite'
      readonly outcome: 'conflicted' | 'refused' | 'in_doubt'
      /** A stable word. */
      readonly reason: string
      readonly fields: readonly string[]
      readonly theirEtag: string | null
      readonly now: string
    }

interface FailureData {
  readonly writeId: string
  readonly reason: string
  readonly failedAt: string
}

export type EventWriteFact =
  | {
      readonly type: 'EventWriteRequested'
      readonly data: EventWriteRequest & { readonly requestedAt: string }
    }
  | {
      readonly type: 'EventWriteMerged'
      readonly data: {
        readonly writeId: string
        readonly theirEtag: string | null
        readonly mergedAt: string
      }
    }
  | {
      readonly type: 'EventWriteApplied'
      readonly data: { readonly writeId: string; readonly etag: string | null; readonly appliedAt: string }
    }
  | {
      readonly type: 'EventWriteConflicted'
      readonly data: FailureData & { readonly fields: readonly string[]; readonly theirEtag: string | null }
    }
  | { readonly type: 'EventWriteRefused'; readonly data: FailureData }
  | { readonly type: 'EventWriteLeftInDoubt'; readonly data: FailureData }

export const eventWriteDecider: Decider<EventWrite, EventWriteCommand, EventWriteFact> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: EventWriteCommand, write: EventWrite): readonly EventWriteFact[] {
  const { now } = command
  if (command.type === 'RequestWrite') {
    // The same request again, after a refusal or a lost answer, is tried again; one that was applied is over.
    if (write.status === 'applied' || write.status === 'requested') return []
    return [{ type: 'EventWriteRequested', data: { ...command.request, requestedAt: now } }]
  }
  if (write.status !== 'requested' && write.status !== 'in_doubt') return []
  const { writeId } = write.request
  switch (command.type) {
    case 'MergeWrite':
      return [{ type: 'EventWriteMerged', data: { writeId, theirEtag: command.theirEtag, mergedAt: now } }]
    case 'ApplyWrite':
      return [{ type: 'EventWriteApplied', data: { writeId, etag: command.etag, appliedAt: now } }]
    case 'FailWrite':
      return fail(command, write.status, writeId)
  }
}

function fail(
  { outcome, reason, fields, theirEtag, now }: Extract<EventWriteCommand, { type: 'FailWrite' }>,
  status: 'requested' | 'in_doubt',
  writeId: string,
): readonly EventWriteFact[] {
  const data = { writeId, reason, failedAt: now }
  if (outcome === 'conflicted') {
    return [{ type: 'EventWriteConflicted', data: { ...data, fields, theirEtag } }]
  }
  if (outcome === 'refused') return [{ type: 'EventWriteRefused', data }]
  return status === 'in_doubt' ? [] : [{ type: 'EventWriteLeftInDoubt', data }]
}

const statusAfter = {
  EventWriteMerged: 'requested',
  EventWriteApplied: 'applied',
  EventWriteConflicted: 'conflicted',
  EventWriteRefused: 'refused',
  EventWriteLeftInDoubt: 'in_doubt',
} as const

function evolve(write: EventWrite, fact: EventWriteFact): EventWrite {
  if (fact.type === 'EventWriteRequested') {
    const { requestedAt: _, ...request } = fact.data
    return { status: 'requested', request }
  }
  return write.status === 'none' ? write : { status: statusAfter[fact.type], request: write.request }
}

/** The stream of a write's facts. */
export function writeStream(writeId: string): { readonly streamId: string; readonly streamType: string } {
  return { streamType: 'event-write', streamId: `event-write-${writeId}` }
}
