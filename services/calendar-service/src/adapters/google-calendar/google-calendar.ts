import { createHash } from 'node:crypto'
import { type Clock, DomainError } from '@evergrant/decider'
import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { z } from 'zod'
import type { GoogleCalendar, PageRequest } from '../../application/ports.ts'
import { classifyFailure } from '../../domain/google-failure.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { answerOf } from './google-answer.ts'

/** Runs a call under a deadline and a circuit breaker. */
export interface Guard {
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

export interface GoogleCalendarOptions {
  /** `GOOGLE_API_ROOT_URL`: where googleapis finds every API. */
  readonly rootUrl: string
  readonly guard: Guard
  readonly clock: Clock
}

// Masters and exceptions, never expanded: one touched weekly series would otherwise bring centuries of instances.
const eventQuery = { maxResults: 2500, singleEvents: false }
// Incremental lists always name hidden calendars, so the full one must as well.
const listQuery = { maxResults: 250, showHidden: true }

const itemSchema = z.looseObject({ id: z.string().min(1) })
const pageSchema = z.object({
  items: z.array(itemSchema).default([]),
  nextPageToken: z.string().nullish(),
  nextSyncToken: z.string().nullish(),
  timeZone: z.string().nullish(),
})

/** Google Calendar v3 through googleapis, without its retries: one retry policy, ours. */
export function createGoogleCalendar(options: GoogleCalendarOptions): GoogleCalendar {
  // googleapis resolves API paths against the root and expects the slash.
  const rootUrl = options.rootUrl.endsWith('/') ? options.rootUrl : `${options.rootUrl}/`
  const api = calendarApi({ version: 'v3', rootUrl })

  const fetchPage = async (call: (signal: AbortSignal) => Promise<{ data: unknown }>) => {
    try {
      const { data } = await options.guard.run(call)
      return readPage(data)
    } catch (error) {
      throw obstacleFrom(error, options.clock.now())
    }
  }
  return {
    queryHash: { calendar_list: hashOf(listQuery), calendar: hashOf(eventQuery) },
    listCalendars: (request) =>
      fetchPage((signal) =>
        api.calendarList.list({ ...listQuery, ...tokens(request) }, http(request, signal)),
      ),
    listEvents: ({ calendarGoogleId: calendarId, ...request }) =>
      fetchPage((signal) =>
        api.events.list({ calendarId, ...eventQuery, ...tokens(request) }, http(request, signal)),
      ),
  }
}

function tokens({ syncToken, pageToken }: PageRequest) {
  return { ...(syncToken === null ? {} : { syncToken }), ...(pageToken === null ? {} : { pageToken }) }
}

function http({ accessToken }: PageRequest, signal: AbortSignal) {
  return { headers: { authorization: `Bearer ${accessToken}` }, retry: false, signal }
}

function hashOf(query: object): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 16)
}

function readPage(data: unknown) {
  const page = pageSchema.safeParse(data)
  if (!page.success) throw new SyncObstacle(unreadable)
  const { items, nextPageToken, nextSyncToken, timeZone } = page.data
  return {
    items,
    nextPageToken: nextPageToken || null,
    nextSyncToken: nextSyncToken || null,
    timeZone: timeZone ?? null,
  }
}

const unreadable = { word: 'google_protocol_broken', passing: true, retryAfterSeconds: null } as const

/** Deliberately without `cause`: gaxios errors carry the request, and with it the bearer token. */
function obstacleFrom(error: unknown, now: Date): SyncObstacle {
  if (error instanceof SyncObstacle) return error
  if (error instanceof DomainError) {
    const retryAfterSeconds = error.context.retryAfterSeconds ?? null
    return new SyncObstacle({ word: 'google_unavailable', passing: true, retryAfterSeconds })
  }
  return new SyncObstacle(classifyFailure(answerOf(error, now)))
}
