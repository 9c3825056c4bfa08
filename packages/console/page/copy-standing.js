// @ts-check
import { relianceOn } from './system-health.js'
import { apiNames, because, connectionClauses, sentence, serviceNames } from './words.js'

/** @import { Connection, CopySync, Service, SystemHealth } from './api-shapes.ts' */
/** @import { Standing } from './connection-standing.js' */

/**
 * @typedef {object} AboutCopy
 * @property {Service} service
 * @property {Connection | undefined} connection
 * @property {SystemHealth | null} health
 */

/** The five answers about a copy: of the list of calendars, a calendar, a mailbox or a drive; null when it is up to date.
 * @param {Omit<CopySync, 'connectionId'>} sync @param {AboutCopy} about @returns {Standing | null} */
export function copyStanding(sync, about) {
  const { status, reason, lastSyncedAt, retryAt = null } = sync
  if (status === 'fresh' || isRoutine(sync)) return null
  const works =
    lastSyncedAt === null
      ? { works: 'Nothing yet: there is no copy so far.' }
      : { works: 'What was synced can be read. It is as it was', worksUntil: lastSyncedAt }
  const sinceWords = lastSyncedAt === null ? 'It was never synced.' : 'Since the last sync that ended well,'
  const base = { since: lastSyncedAt, sinceWords, ...works, next: retryAt }
  if (status === 'paused') return { ...base, ...paused(reason ?? 'disconnected', about) }
  const breaker = relianceOn(about.health, 'calendar-service', `${about.service}.sync`)
  if (breaker.reason === 'google_unavailable' && breaker.state === 'degraded') {
    return {
      ...base,
      matter: `${serviceNames[about.service]} failed so often that Evergrant asks it nothing for a moment.`,
      since: breaker.since,
      sinceWords: undefined,
      todo: 'Nothing; your account is fine.',
      itself:
        'It is asked again every few seconds, with one question; when that is answered, the sync goes on.',
    }
  }
  if (status === 'syncing') return { ...base, ...underWay(sync) }
  const word = reason ?? 'overdue'
  return { ...base, matter: sentence(word), todo: todoOf(word, about), itself: itselfOf(word) }
}

/** A sync that was due, of what was up to date. @param {Pick<CopySync, 'status' | 'reason' | 'lastSyncedAt'>} sync */
export const isRoutine = ({ status, reason, lastSyncedAt }) =>
  status === 'syncing' && reason === null && lastSyncedAt !== null

/** @param {Omit<CopySync, 'connectionId'>} sync @returns {Pick<Standing, 'matter' | 'todo' | 'itself'>} */
function underWay({ reason, lastSyncedAt, progress }) {
  if (reason !== null)
    return {
      matter: `A sync is under way, and held up because ${because(reason)}.`,
      todo: 'Nothing for now.',
      itself: itselfOf(reason),
    }
  const far =
    progress === undefined
      ? ''
      : ` So far: ${progress.entries} ${progress.entries === 1 ? 'entry' : 'entries'}; ${progress.synced} of ${progress.parts} ${progress.parts === 1 ? 'part' : 'parts'} complete.`
  return {
    matter: `${lastSyncedAt === null ? 'The first sync is running.' : 'A sync is running.'}${far}`,
    todo: 'Nothing.',
    itself: 'It goes on to its end, and this page follows.',
  }
}

/** @param {string} word @param {AboutCopy} about @returns {Pick<Standing, 'matter' | 'todo' | 'itself'>} */
function paused(word, { connection }) {
  const matter = `It is paused because ${because(word)}.`
  if (word === 'awaiting_token')
    return {
      matter,
      todo: 'Nothing.',
      itself: 'The first sync begins when the access is there, within seconds.',
    }
  if (connection?.status === 'active' && Object.hasOwn(connectionClauses, word))
    return {
      matter: 'It starts again: its access works again.',
      todo: 'Nothing.',
      itself: 'The next sync begins within seconds.',
    }
  return {
    matter,
    todo: 'See its connection above, which says what helps.',
    itself: 'Nothing while it is paused; the sync goes on as soon as the connection works.',
  }
}

/** @param {string} word @param {AboutCopy} about */
function todoOf(word, { service }) {
  switch (word) {
    case 'api_disabled':
      return `Ask whoever runs this application to switch on the ${apiNames[service]} in its project at Google Cloud.`
    case 'missing_scopes':
      return 'Grant the missing permission at the connection above.'
    case 'forbidden':
    case 'not_found':
      return 'See at Google whether you still may open it; whoever owns it can share it again.'
    case 'quota_exhausted':
      return 'Nothing. If it happens every day, tell whoever runs this application.'
    case 'client_misconfigured':
    case 'google_protocol_broken':
    case 'rejected_by_google':
    case 'internal_error':
      return 'If it lasts, tell whoever runs this application.'
    default:
      return 'Nothing; your account is fine.'
  }
}

/** @param {string} word */
function itselfOf(word) {
  switch (word) {
    case 'quota_exhausted':
      return 'What Google allows for a day is renewed at midnight in California; it is tried before that too.'
    case 'rate_limited':
    case 'waiting_for_quota':
      return 'It goes on as soon as Google allows it.'
    case 'schema_drift':
      return 'It goes on once an operator has repaired the database.'
    case 'never_synced':
      return 'The first sync begins by itself.'
    case 'overdue':
      return 'The next sync begins by itself.'
    default:
      return 'Evergrant tries again by itself.'
  }
}
