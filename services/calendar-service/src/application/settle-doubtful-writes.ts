import { fold, type Ids } from '@evergrant/decider'
import type { FactMetadata } from '@evergrant/event-store'
import { type EventWriteFact, type EventWriteRequest, eventWriteDecider } from '../domain/event-write.ts'
import { isCancelled } from '../domain/google-event.ts'
import { mergeEvent } from '../domain/merge-event.ts'
import type { Allowances } from './allowances.ts'
import type { DoubtfulWrites, EventAnswer, GoogleEventWrites, WriteTokens } from './ports.ts'
import { recordWrite, type SettleParts, settleApplied } from './settle-write.ts'

export interface SettleDoubtfulParts extends SettleParts {
  readonly doubtful: DoubtfulWrites
  readonly google: Pick<GoogleEventWrites, 'get'>
  readonly tokens: WriteTokens
  readonly allowances: Allowances
  readonly ids: Ids
  /** Longer than any request is worked on. */
  readonly olderThanMs: number
  readonly onError: (error: unknown) => void
}

const atOnce = 10

/** Finds out what became of writes whose answer nobody has: a process died, or Google fell silent. Google is only looked
 * at: a write that was not done is refused, because its author was told so and may have done something else since. */
export function createSettleDoubtfulWrites(parts: SettleDoubtfulParts): () => Promise<void> {
  const { store, doubtful, olderThanMs } = parts
  return async () => {
    for (const streamId of await doubtful.take({ olderThanMs, limit: atOnce })) {
      const { facts } = await store.readStream<EventWriteFact>(streamId)
      const write = fold(eventWriteDecider, facts)
      if (write.status !== 'requested' && write.status !== 'in_doubt') continue
      // One that cannot be looked at now is taken again later; it does not hold up the others.
      await settle(parts, write.request).catch(parts.onError)
    }
  }
}

async function settle(parts: SettleDoubtfulParts, request: EventWriteRequest): Promise<void> {
  const { store, google, tokens, allowances, resources, ids, clock } = parts
  const { connectionId, eventId, writeId } = request
  const metadata: FactMetadata = { actor: { kind: 'schedule' }, correlationId: ids.next() }
  const calendar = await store.transaction((unit) => resources.find(unit, request.calendarId))
  const answer: EventAnswer =
    calendar === null || calendar.removed
      ? { status: 'gone' }
      : await google.get({
          accessToken: await tokens.get(connectionId, { fresh: false }),
          allowance: allowances('calendar', connectionId),
          calendarGoogleId: calendar.googleId,
          eventId,
        })
  if (wasApplied(request, answer)) {
    const event = answer.status === 'found' ? answer.event : { id: eventId, status: 'cancelled' }
    await settleApplied(parts, request, event, metadata)
    return
  }
  const now = clock.now().toISOString()
  const details = { reason: 'not_applied', fields: [], theirEtag: null, now }
  await recordWrite(store, writeId, { type: 'FailWrite', outcome: 'refused', ...details }, metadata)
}

function wasApplied({ kind, fields }: EventWriteRequest, answer: EventAnswer): boolean {
  const gone = answer.status !== 'found' || isCancelled(answer.event)
  if (kind === 'delete') return gone
  return answer.status === 'found' && !gone && mergeEvent(null, fields, answer.event).kind === 'same'
}
