// @ts-check
/** @import { CapabilityState, Connection, ConnectionStatus, Calendar, SchemaFinding, Service } from './api-shapes.ts' */

// Each reason is a clause, so that it can stand behind "because" and, with a capital letter, by itself.

/** Why a connection is as it is. */
export const connectionClauses = {
  revoked_by_user: 'you disconnected it',
  revoked_by_admin: 'an operator of this application disconnected it',
  revoked_at_google: 'its access was withdrawn at Google',
  consent_expired_testing_mode:
    'the consent screen of this application is still in testing, and Google ends such access after seven days',
  refresh_token_unused: 'nobody used it for six months, and Google ends such access',
  refresh_token_limit:
    'newer sign-ins with the same Google account took its place, as Google keeps a hundred of them',
  refresh_token_missing: 'Google gave access for a short time only, without a way to renew it',
  rotation_lost: 'an answer with the new key to the account was lost on its way from Google',
  account_disabled: 'Google has disabled the account',
  session_control: 'the organisation of this account asks for a fresh sign-in',
  admin_policy: 'an administrator of this account blocks the application',
  reauthorization_policy: 'Google asks for a fresh consent',
  scopes_not_granted: 'not every permission it needs was ticked at Google',
  scopes_unknown: 'it is not known yet which permissions were granted at Google',
  client_misconfigured:
    'Google refuses the credentials of this application, which an operator has to correct',
  google_unavailable: 'Google does not answer',
  schema_drift: 'our own database is not in the state it needs; your access at Google is not touched',
}

/** Why a copy is not up to date, where the connection itself does not say it. */
export const syncClauses = {
  access_token_rejected: 'Google did not accept the access token',
  rate_limited: 'Google asked us to slow down',
  quota_exhausted: 'what Google allows for one day is used up',
  missing_scopes: connectionClauses.scopes_not_granted,
  api_disabled: 'this Google service is switched off for the application, which an operator has to correct',
  forbidden: 'Google does not let the application read it',
  not_found: 'Google no longer knows it',
  sync_token_lost: 'Google forgot where the last sync ended, so everything is read once more',
  rejected_by_google: 'Google refused the request',
  needs_reauthorization: 'the Google account has to be connected again',
  disconnected: 'its Google account is disconnected',
  unknown_connection: 'its connection is not known here yet',
  token_unavailable: 'there is no access token for it at the moment',
  waiting_for_quota: 'it waits for its turn, to stay within what Google allows',
  google_protocol_broken: 'an answer from Google could not be read',
  sync_cursor_rejected: 'Google did not accept the place where the last sync ended',
  internal_error: 'something went wrong on our side',
  awaiting_token: 'you have just given consent, and the first access token is on its way',
  never_synced: 'it was not synced yet',
  overdue: 'the last sync is longer ago than it should be',
}

/** Why a Google service as a whole is not well. */
export const healthClauses = { token_queries_fail: 'stored access cannot be read at the moment' }

/** @type {Readonly<Record<string, string>>} */
const clauses = { ...connectionClauses, ...syncClauses, ...healthClauses }

/** What stands behind "because". A word that is newer than this page is shown as it is.
 * @param {string} word */
export function because(word) {
  return Object.hasOwn(clauses, word)
    ? (clauses[word] ?? word)
    : `of a reason this page does not know yet (${word.replaceAll('_', ' ')})`
}

/** The reason by itself. @param {string} word */
export function sentence(word) {
  const clause = because(word)
  return Object.hasOwn(clauses, word)
    ? `${capital(clause)}.`
    : `The reason is “${word.replaceAll('_', ' ')}”.`
}

/** @type {Readonly<Record<string, string>>} */
const advices = {
  consent_expired_testing_mode:
    'Connect again; that lasts seven days more, until whoever runs this application publishes its consent screen.',
  refresh_token_limit:
    'Connect again, and tell whoever runs this application that one account signs in too often.',
  account_disabled: 'Settle it with Google first, and then connect the account again.',
  admin_policy: 'Ask the administrator to allow this application, and then connect the account again.',
  refresh_token_missing: 'Connect the Google account again.',
  scopes_not_granted: 'Grant the missing permission in one more consent at Google.',
}

/** What helps, without repeating the reason; the words of the API where this page has none of its own.
 * @param {Pick<Connection, 'reason' | 'action'>} connection */
export function advice({ reason, action }) {
  if (action === null) return null
  const own = reason === null ? undefined : advices[reason]
  if (own !== undefined) return own
  if (action.kind === 'wait') return 'You do not have to do anything; Evergrant keeps trying by itself.'
  const known = reason !== null && Object.hasOwn(connectionClauses, reason)
  return known && action.kind === 'reconnect'
    ? 'Connect the Google account again; what was synced until then is still here.'
    : action.description
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)

/** @type {Readonly<Record<Service, string>>} */
export const serviceNames = { calendar: 'Google Calendar', drive: 'Google Drive', gmail: 'Gmail' }

/** As the project at Google Cloud and its consent screen call them. @type {Readonly<Record<Service, string>>} */
export const apiNames = { calendar: 'Google Calendar API', drive: 'Google Drive API', gmail: 'Gmail API' }

/** @type {Readonly<Record<ConnectionStatus, string>>} */
export const statusWords = {
  active: 'Working',
  missing_scopes: 'Permission missing',
  needs_reauthorization: 'Connect again',
  disconnected: 'Disconnected',
  unknown: 'Not known',
}

/** @type {Readonly<Record<Calendar['sync']['status'], string>>} */
export const syncWords = {
  fresh: 'Up to date',
  stale: 'Out of date',
  syncing: 'Syncing',
  paused: 'Paused',
  failed: 'Failing',
}

/** @type {Readonly<Record<CapabilityState, string>>} */
export const capabilityStates = { ok: 'works', degraded: 'works with trouble', unavailable: 'does not work' }

/** @type {Readonly<Record<string, string>>} */
export const capabilityNames = {
  'token.read': 'Using the access',
  'token.refresh': 'Renewing the access',
  'token.connect': 'Connecting an account',
  'token.disconnect': 'Disconnecting an account',
}

/** What a difference in a database does. @type {Readonly<Record<SchemaFinding['class'], string>>} */
export const findingWords = {
  breaking_read: 'Reading fails',
  breaking_write: 'Writing fails',
  silent: 'Nothing fails, but data may be wrong',
  integrity: 'The database no longer refuses wrong data',
  performance: 'Works, but slower',
  info: 'Harmless; only to know',
}

/** @type {Readonly<Record<string, string>>} */
const scopeWords = {
  'calendar.readonly': 'see your calendars',
  'calendar.events': 'change events in your calendars',
  calendar: 'see and change your calendars',
  'drive.metadata.readonly': 'see the names and dates of your files',
  'drive.readonly': 'see your files',
  'drive.file': 'change files this application made',
  drive: 'see and change your files',
  'gmail.metadata': 'see the headers of your mail',
  'gmail.readonly': 'see your mail',
  'gmail.modify': 'see and change your mail',
}

/** What a scope permits. @param {string} scope */
export function permission(scope) {
  const name = scope.replace('https://www.googleapis.com/auth/', '')
  return Object.hasOwn(scopeWords, name) ? (scopeWords[name] ?? name) : name
}
