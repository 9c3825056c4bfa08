import { DomainError } from '@evergrant/decider'
import type { FactMetadata } from '@evergrant/event-store'
import { calendarErrors } from '../domain/errors.ts'
import type { EventWriteRequest } from '../domain/event-write.ts'
import { type GoogleEvent, isCancelled, textOf } from '../domain/google-event.ts'
import { eventAsWanted, mergeEvent } from '../domain/merge-event.ts'
import { SyncObstacle } from '../domain/sync-obstacle.ts'
import type { Allowances } from './allowances.ts'
import type { EventAnswer, EventWriteCall, GoogleEventWrites, OnBehalf, WriteTokens } from './ports.ts'
import { keepInCopy, recordWrite, type SettleParts, settleApplied } from './settle-write.ts'

export interface WriteAsk {
  readonly request: EventWriteRequest
  readonly calendarGoogleId: string
  /** The revision the writer saw, from the log; null when it is not known. */
  readonly base: GoogleEvent | null
  /** Their If-Match; `*` is for whatever is there, null leaves it to the base. */
  readonly ifMatch: string | null
  readonly sendUpdates: EventWriteCall['sendUpdates']
}

export interface WriteParts extends SettleParts {
  readonly google: GoogleEventWrites
  readonly tokens: WriteTokens
  /** With the patience of a caller who waits. */
  readonly allowances: Allowances
}

/** The event afterwards; of a deletion, its tombstone. */
export type WriteEvent = (ask: WriteAsk, metadata: FactMetadata) => Promise<GoogleEvent>

type GoogleCall = (onBehalf: OnBehalf) => Promise<EventAnswer>

interface Attempt {
  readonly parts: WriteParts
  readonly ask: WriteAsk
  readonly metadata: FactMetadata
  /** Asks Google with a token that works. */
  readonly call: (work: GoogleCall) => Promise<EventAnswer>
}

// Somebody who changes other fields of the same event faster than this is a program; the caller hears of it.
const mostMerges = 4

/**
 * A write: on record first, then at Google under If-Match, then in the copy. Whoever changed other fields meanwhile keeps
 * their change; the same field is a conflict that names both versions.
 * @throws DomainError `event_changed` with `mine` and `theirs`, `unknown_event`, `event_refused`, `calendar_not_writable`,
 * `missing_scopes`, `needs_reauthorization`, `google_quota_reached`, `google_busy`, `google_unavailable`.
 */
export function createWriteEvent(parts: WriteParts): WriteEvent {
  return async (ask, metadata) => {
    const { request } = ask
    const now = () => parts.clock.now().toISOString()
    const before = await recordWrite(
      parts.store,
      request.writeId,
      { type: 'RequestWrite', request, now: now() },
      metadata,
    )
    const attempt: Attempt = { parts, ask, metadata, call: withToken(parts, request.connectionId) }
    if (before.state.status === 'applied') return alreadyApplied(attempt)
    try {
      const event = await perform(attempt)
      await settleApplied(parts, request, event, metadata)
      return event
    } catch (error) {
      const refusal = refusalFrom(error)
      const { code } = refusal
      if (code === 'event_changed') throw refusal
      const outcome = code === 'google_unavailable' ? 'in_doubt' : 'refused'
      const details = { reason: code, fields: [], theirEtag: null, now: now() }
      await recordWrite(parts.store, request.writeId, { type: 'FailWrite', outcome, ...details }, metadata)
      throw refusal
    }
  }
}

/** An expired token is answered with one fresh one; a lost answer is asked for once more, which every write here survives.
 * Who may not ask once more still has a lost answer: that write is in doubt, not refused. */
function withToken({ tokens, allowances }: WriteParts, connectionId: string): Attempt['call'] {
  const allowance = allowances('calendar', connectionId)
  let lostBefore: SyncObstacle | null = null
  return async (work) => {
    let fresh = false
    for (let lost = false; ; ) {
      try {
        return await work({ accessToken: await tokens.get(connectionId, { fresh }), allowance })
      } catch (error) {
        if (!(error instanceof SyncObstacle)) throw error
        if (error.word === 'access_token_rejected' && !fresh) fresh = true
        else if (error.word === 'google_unavailable' && error.retryAfterSeconds === null && !lost) {
          lost = true
          lostBefore = error
        } else throw error.word === 'waiting_for_quota' ? (lostBefore ?? error) : error
      }
    }
  }
}

function perform(attempt: Attempt): Promise<GoogleEvent> {
  return attempt.ask.request.kind === 'insert' ? insert(attempt) : change(attempt)
}

async function insert(attempt: Attempt): Promise<GoogleEvent> {
  const { google } = attempt.parts
  const answer = await attempt.call((onBehalf) => google.insert(writeCall(attempt, onBehalf, null)))
  if (answer.status === 'found') return answer.event
  if (answer.status !== 'taken') throw calendarErrors.unknown_calendar()
  const there = await look(attempt)
  const ours =
    there !== null &&
    !isCancelled(there) &&
    mergeEvent(null, attempt.ask.request.fields, there).kind === 'same'
  if (!ours) throw calendarErrors.event_id_taken()
  return there
}

async function change(attempt: Attempt): Promise<GoogleEvent> {
  const { google } = attempt.parts
  const { request, ifMatch } = attempt.ask
  const isDelete = request.kind === 'delete'
  // What the copy does not have, e.g. an occurrence nobody changed yet, is looked at first.
  let base = attempt.ask.base ?? (ifMatch === null ? await lookFor(attempt) : null)
  let match = ifMatch === '*' ? null : (ifMatch ?? (base && textOf(base, 'etag')))
  for (let merges = 0; ; merges++) {
    const upon = match
    const answer = await attempt.call((onBehalf) => {
      const call = writeCall(attempt, onBehalf, upon)
      return isDelete ? google.remove(call) : google.patch(call)
    })
    if (answer.status === 'found') return answer.event
    if (answer.status === 'gone' && isDelete) return tombstone(base, request.eventId)
    if (answer.status !== 'changed') throw calendarErrors.unknown_event()
    const theirs = await lookFor(attempt)
    const verdict = isDelete ? deletionOf(theirs) : mergeEvent(base, request.fields, theirs)
    if (verdict.kind === 'same') return theirs
    if (verdict.kind === 'conflict' || isCancelled(theirs) || merges === mostMerges) {
      throw await conflict(attempt, {
        base,
        theirs,
        fields: verdict.kind === 'conflict' ? verdict.fields : ['status'],
      })
    }
    const now = attempt.parts.clock.now().toISOString()
    match = textOf(theirs, 'etag')
    const merged = { type: 'MergeWrite', theirEtag: match, now } as const
    await recordWrite(attempt.parts.store, request.writeId, merged, attempt.metadata)
    base = theirs
  }
}

/** Nobody deletes what they have not seen. */
function deletionOf(theirs: GoogleEvent) {
  return isCancelled(theirs)
    ? ({ kind: 'same' } as const)
    : ({ kind: 'conflict', fields: ['status'] } as const)
}

function tombstone(base: GoogleEvent | null, id: string): GoogleEvent {
  return { ...base, id, status: 'cancelled' }
}

function writeCall({ ask }: Attempt, onBehalf: OnBehalf, ifMatch: string | null): EventWriteCall {
  const { request, calendarGoogleId, sendUpdates } = ask
  const { eventId, fields } = request
  return { ...onBehalf, calendarGoogleId, eventId, ifMatch, fields, sendUpdates }
}

async function look({ parts, ask, call }: Attempt): Promise<GoogleEvent | null> {
  const { calendarGoogleId, request } = ask
  const { eventId } = request
  const answer = await call((onBehalf) => parts.google.get({ ...onBehalf, calendarGoogleId, eventId }))
  return answer.status === 'found' ? answer.event : null
}

async function lookFor(attempt: Attempt): Promise<GoogleEvent> {
  const event = await look(attempt)
  if (event === null) throw calendarErrors.unknown_event()
  return event
}

async function alreadyApplied(attempt: Attempt): Promise<GoogleEvent> {
  return attempt.ask.request.kind === 'delete'
    ? tombstone(attempt.ask.base, attempt.ask.request.eventId)
    : lookFor(attempt)
}

async function conflict(
  { parts, ask, metadata }: Attempt,
  between: {
    readonly base: GoogleEvent | null
    readonly theirs: GoogleEvent
    readonly fields: readonly string[]
  },
): Promise<DomainError> {
  const { base, theirs, fields } = between
  const { request } = ask
  const at = parts.clock.now()
  const details = {
    reason: 'event_changed',
    fields,
    theirEtag: textOf(theirs, 'etag'),
    now: at.toISOString(),
  }
  await parts.store.transaction(async (unit) => {
    // Their revision is news to readers of the copy, too.
    const publications = await keepInCopy(unit, parts, { request, event: theirs, at })
    const command = { type: 'FailWrite', outcome: 'conflicted', ...details } as const
    await recordWrite(unit, request.writeId, command, metadata, publications)
  })
  const wanted = request.kind === 'delete' ? { status: 'cancelled' } : request.fields
  const { calendarId, connectionId } = request
  const shown = (event: GoogleEvent) => ({ ...event, calendarId, connectionId })
  return calendarErrors.event_changed({
    extensions: { mine: shown(eventAsWanted(base ?? theirs, wanted)), theirs: shown(theirs), fields },
  })
}

const refusals: Readonly<Record<string, Exclude<keyof typeof calendarErrors, 'catalogue'>>> = {
  forbidden: 'calendar_not_writable',
  missing_scopes: 'missing_scopes',
  rejected_by_google: 'event_refused',
  rate_limited: 'google_busy',
  quota_exhausted: 'google_busy',
  waiting_for_quota: 'google_quota_reached',
}

function refusalFrom(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  if (!(error instanceof SyncObstacle)) throw error
  const { retryAfterSeconds, word } = error
  const retry = error.passing ? { retryAfterSeconds: retryAfterSeconds ?? 5 } : {}
  return calendarErrors[refusals[word] ?? 'google_unavailable']({ ...retry, detail: word })
}
