import { DomainError } from '@evergrant/decider'
import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { z } from 'zod'
import type { EventAnswer, EventCall, EventWriteCall, GoogleEventWrites } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { classifyFailure } from '../../domain/google-failure.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { answerOf } from './google-answer.ts'
import { type GoogleApiOptions, http } from './google-call.ts'

const eventSchema = z.looseObject({ id: z.string().min(1) })

/** Google Calendar v3's events, one at a time, through googleapis. */
export function createGoogleEventWrites({ rootUrl, guard, clock }: GoogleApiOptions): GoogleEventWrites {
  const api = calendarApi({ version: 'v3', rootUrl: rootUrl.endsWith('/') ? rootUrl : `${rootUrl}/` })

  const answer = async (
    { allowance }: EventCall,
    call: (signal: AbortSignal) => Promise<{ data: unknown }>,
    read: (data: unknown) => EventAnswer = foundIn,
  ): Promise<EventAnswer> => {
    await allowance.take(callCosts.calendar.request)
    try {
      return read((await guard.run(call)).data)
    } catch (error) {
      if (error instanceof SyncObstacle) throw error
      if (error instanceof DomainError) {
        const retryAfterSeconds = error.context.retryAfterSeconds ?? null
        throw new SyncObstacle({ word: 'google_unavailable', passing: true, retryAfterSeconds })
      }
      // Deliberately without `cause`: gaxios errors carry the request, and with it the bearer token.
      const failure = answerOf(error, clock.now())
      if (failure.status === 404 || failure.status === 410) return { status: 'gone' }
      if (failure.status === 409 && failure.reason === 'duplicate') return { status: 'taken' }
      if (failure.status === 412) return { status: 'changed' }
      throw new SyncObstacle(classifyFailure(failure))
    }
  }
  const done = (): EventAnswer => ({ status: 'gone' })
  return {
    get: (call) => answer(call, (signal) => api.events.get(addressOf(call), http(call.accessToken, signal))),
    insert: (call) => {
      const { calendarId } = addressOf(call)
      const requestBody = { ...call.fields, id: call.eventId }
      const parameters = { calendarId, ...manners(call), requestBody }
      return answer(call, (signal) => api.events.insert(parameters, http(call.accessToken, signal)))
    },
    patch: (call) => {
      const parameters = { ...addressOf(call), ...manners(call), requestBody: call.fields }
      return answer(call, (signal) => api.events.patch(parameters, onCondition(call, signal)))
    },
    remove: (call) => {
      const parameters = { ...addressOf(call), sendUpdates: call.sendUpdates }
      return answer(call, (signal) => api.events.delete(parameters, onCondition(call, signal)), done)
    },
  }
}

function addressOf({ calendarGoogleId: calendarId, eventId }: EventCall) {
  return { calendarId, eventId }
}

/** Conferences and attachments are dropped by Google unless it is told that we know of them. */
function manners({ fields, sendUpdates }: EventWriteCall) {
  return {
    sendUpdates,
    ...(fields.conferenceData === undefined ? {} : { conferenceDataVersion: 1 }),
    ...(fields.attachments === undefined ? {} : { supportsAttachments: true }),
  }
}

function onCondition({ accessToken, ifMatch }: EventWriteCall, signal: AbortSignal) {
  const plain = http(accessToken, signal)
  return ifMatch === null ? plain : { ...plain, headers: { ...plain.headers, 'If-Match': ifMatch } }
}

function foundIn(data: unknown): EventAnswer {
  const event = eventSchema.safeParse(data)
  if (event.success) return { status: 'found', event: event.data }
  throw new SyncObstacle({ word: 'google_protocol_broken', passing: true, retryAfterSeconds: null })
}
