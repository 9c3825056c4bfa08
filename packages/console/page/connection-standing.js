// @ts-check
import { relianceOn } from './system-health.js'
import { advice, apiNames, permission, sentence, serviceNames } from './words.js'

/** @import { Connection, SystemHealth } from './api-shapes.ts' */
/** @import { Trouble } from './trouble-history.js' */

/**
 * What somebody asks of anything that is not well. A time is shown in the reader's own words, behind its sentence.
 * @typedef {object} Standing
 * @property {string} matter
 * @property {string | null} since null when it could not be found out
 * @property {string | undefined} [sinceWords] what stands before that time, or in its place
 * @property {string} works
 * @property {string | null} [worksUntil]
 * @property {string} todo
 * @property {string} itself
 * @property {string | null} next
 */

const copyStays = 'What was synced until then can still be read; nothing new arrives.'
const nothingToDo = 'Nothing; it is not up to you.'

/** The five answers about a connection; null when nothing is the matter.
 * @param {Connection} connection
 * @param {{ trouble: Trouble | null, health: SystemHealth | null }} about @returns {Standing | null} */
export function connectionStanding(connection, { trouble, health }) {
  const { status, reason } = connection
  const since = trouble?.since ?? null
  if (status === 'disconnected' || status === 'needs_reauthorization') return ended(connection, since)
  if (status === 'missing_scopes') return lacking(connection, since)
  if (reason === 'schema_drift') return drifted(connection, health)
  if (reason === 'refresh_token_missing') {
    return {
      matter: sentence(reason),
      since,
      ...until(connection),
      todo: advice(connection) ?? 'Connect the Google account again.',
      itself: 'Nothing renews it: it stops when the present access ends.',
      next: connection.expiresAt,
    }
  }
  if (reason === 'client_misconfigured') {
    return {
      matter: sentence(reason),
      since,
      ...until(connection),
      todo: 'Tell whoever runs this application; your account is fine.',
      itself: 'Once it is corrected, the access is renewed and the sync goes on.',
      next: trouble?.nextAttemptAt ?? null,
    }
  }
  if (reason !== null || status === 'unknown' || connection.capabilities['token.refresh'] !== 'ok')
    return waiting(connection, trouble)
  return null
}

/** @param {Connection} connection @param {string | null} since @returns {Standing} */
function ended(connection, since) {
  const { status, reason, capabilities } = connection
  const stillReads = capabilities['token.read'] === 'ok' || capabilities['token.read'] === 'degraded'
  return {
    matter: sentence(reason ?? status),
    since,
    ...(stillReads ? until(connection) : { works: copyStays }),
    todo: advice(connection) ?? 'Connect the Google account again.',
    itself:
      status === 'disconnected'
        ? 'Nothing: Evergrant connects no account by itself.'
        : 'Nothing until you have connected it again; then the sync goes on where it stopped.',
    next: null,
  }
}

/** @param {Connection} connection @param {string | null} since @returns {Standing} */
function lacking({ service, missingScopes, scopes }, since) {
  const wanted = missingScopes.map(permission).join(' and ')
  const had = scopes.map(permission).join(' and ')
  return {
    matter: `The permission to ${wanted} (${apiNames[service]}) was not ticked at Google.`,
    since,
    works:
      had === ''
        ? `Nothing of ${serviceNames[service]}; your other connections are not touched.`
        : `What was granted: to ${had}.`,
    todo: `Press “Grant access”, and tick the box to ${wanted} on the page of Google.`,
    itself: 'Nothing until it is granted; then the sync begins at once.',
    next: null,
  }
}

/** @param {Connection} connection @param {SystemHealth | null} health @returns {Standing} */
function drifted({ capabilities, expiresAt }, health) {
  const name = capabilities['token.read'] === 'ok' ? 'token.refresh' : 'token.read'
  const works =
    capabilities['token.read'] === 'ok'
      ? { works: 'The present access, until it ends:', worksUntil: expiresAt }
      : { works: 'What was synced can still be read; nothing new arrives.' }
  return {
    matter: sentence('schema_drift'),
    since: relianceOn(health, 'token-service', name).since,
    ...works,
    todo: nothingToDo,
    itself: 'It goes on once an operator has repaired the database, which is looked at every few seconds.',
    next: null,
  }
}

/** Google is in trouble, or nobody knows. @param {Connection} connection @param {Trouble | null} trouble @returns {Standing} */
function waiting(connection, trouble) {
  const { status, reason, capabilities } = connection
  const matter = reason === null ? 'Google did not renew the access when it was asked.' : sentence(reason)
  return {
    matter:
      status === 'unknown' && reason !== 'scopes_unknown'
        ? `${matter} Nobody can say whether the access still holds.`
        : matter,
    since: trouble?.since ?? null,
    ...(capabilities['token.read'] === 'ok' ? until(connection) : { works: copyStays }),
    todo: nothingToDo,
    itself: 'Evergrant asks Google again, at growing intervals.',
    next: trouble?.nextAttemptAt ?? null,
  }
}

/** @param {Connection} connection @returns {Pick<Standing, 'works' | 'worksUntil'>} */
const until = ({ expiresAt }) => ({
  works: 'Everything, until the present access ends:',
  worksUntil: expiresAt,
})
