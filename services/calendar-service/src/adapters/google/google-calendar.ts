import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { z } from 'zod'
import type { GoogleCalendar, PageRequest } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { createGoogleCaller, type GoogleApiOptions, hashOf, http } from './google-call.ts'

// Masters and exceptions, never expanded: one touched weekly series would otherwise bring centuries of instances.
const eventQuery = { maxResults: 2500, singleEvents: false }
// Incremental lists always name hidden calendars, so the full one must as well.
const listQuery = { maxResults: 250, showHidden: true }

const itemSchema = z.looseObject({ id: z.string().min(1) })
const pageSchema = z
  .object({
    items: z.array(itemSchema).default([]),
    nextPageToken: z.string().nullish(),
    nextSyncToken: z.string().nullish(),
    timeZone: z.string().nullish(),
    accessRole: z.string().nullish(),
  })
  .transform(({ items, nextPageToken, nextSyncToken, timeZone, accessRole }) => ({
    items,
    nextPageToken: nextPageToken || null,
    nextSyncToken: nextSyncToken || null,
    timeZone: timeZone ?? null,
    timesOnly: accessRole === 'freeBusyReader',
  }))

/** Google Calendar v3 through googleapis. */
export function createGoogleCalendar(options: GoogleApiOptions): GoogleCalendar {
  const google = createGoogleCaller(options)
  const api = calendarApi({ version: 'v3', rootUrl: google.rootUrl })
  return {
    queryHash: { calendar_list: hashOf(listQuery), calendar: hashOf(eventQuery) },
    listCalendars: (request) =>
      google.read(pageSchema, costOf(request), (signal) =>
        api.calendarList.list({ ...listQuery, ...tokens(request) }, http(request.accessToken, signal)),
      ),
    listEvents: ({ calendarGoogleId: calendarId, ...request }) =>
      google.read(pageSchema, costOf(request), (signal) =>
        api.events.list({ calendarId, ...eventQuery, ...tokens(request) }, http(request.accessToken, signal)),
      ),
  }
}

const costOf = ({ allowance }: PageRequest) => ({ allowance, units: callCosts.calendar.request })

function tokens({ syncToken, pageToken }: PageRequest) {
  return { ...(syncToken === null ? {} : { syncToken }), ...(pageToken === null ? {} : { pageToken }) }
}
