// @ts-check
import { disconnectQuestion } from './disconnect.js'
import { element, webAddress } from './elements.js'
import { moment } from './moment.js'
import {
  advice,
  capabilityNames,
  capabilityStates,
  permission,
  sentence,
  serviceNames,
  statusWords,
} from './words.js'

/** @import { Connection } from './api-shapes.ts' */
/** @import { Disconnections } from './disconnecting.js' */

/**
 * @typedef {object} CardParts
 * @property {(connection: Connection) => void} onConnect
 * @property {(connection: Connection) => void} onRefresh
 * @property {(connection: Connection) => Node} historyOf
 * @property {(connection: Connection) => Node | null} saidOf what the last click on this card led to
 * @property {Disconnections} disconnections
 * @property {string} consoleUrl
 */

/** @type {Readonly<Record<Connection['status'], string>>} */
const tones = {
  active: 'good',
  missing_scopes: 'broken',
  needs_reauthorization: 'broken',
  disconnected: 'off',
  unknown: 'waiting',
}

/** One connection: how it is, why, and what helps. @param {Connection} connection @param {readonly Connection[]} all @param {CardParts} parts */
export function connectionCard(connection, all, parts) {
  const { id, service, account, status, reason, missingScopes } = connection
  const helps = advice(connection)
  const title = `connection-${id}`
  const tone = status === 'active' && reason !== null ? 'waiting' : tones[status]
  return element(
    'article',
    { class: `card ${tone}`, 'aria-labelledby': title },
    element(
      'div',
      { class: 'card-head' },
      element(
        'h3',
        { id: title },
        serviceNames[service],
        element('span', { class: 'account' }, account.email),
      ),
      element('p', { class: `status ${tone}` }, statusWords[status]),
    ),
    reason === null ? null : element('p', { class: 'reason' }, sentence(reason)),
    missingScopes.length === 0
      ? null
      : element('p', {}, 'Missing: the permission to ', missingScopes.map(permission).join(', '), '.'),
    helps === null ? null : element('p', {}, helps),
    facts(connection),
    buttons(connection, parts),
    question(connection, all, parts),
    parts.saidOf(connection),
    parts.historyOf(connection),
  )
}

/** @param {Connection} connection */
function facts({ capabilities, lastRefreshedAt, lastUsedAt, connectedAt, access }) {
  /** @type {[string, Node | string][]} */
  const rows = [
    ['Connected', moment(connectedAt)],
    ['Access last renewed', moment(lastRefreshedAt, 'not yet')],
    ['Last used', moment(lastUsedAt, 'not yet')],
    ['May', access === 'read' ? 'read' : 'read and change'],
    ...Object.entries(capabilities).map(
      ([name, state]) =>
        /** @type {[string, string]} */ ([capabilityNames[name] ?? name, capabilityStates[state]]),
    ),
  ]
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
}

/** @param {Connection} connection @param {CardParts} parts */
function buttons(connection, { onConnect, onRefresh, consoleUrl, disconnections }) {
  const { id, service, account, status, action } = connection
  const whose = `${serviceNames[service]} of ${account.email}`
  const url = webAddress(action?.url)
  const ended = status === 'disconnected' || status === 'needs_reauthorization'
  return element(
    'div',
    { class: 'buttons' },
    url === null ? null : fixing(),
    ended
      ? null
      : element(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'data-key': `refresh-${id}`,
            'aria-label': `Renew access: ${whose}`,
            click: () => onRefresh(connection),
          },
          'Renew access',
        ),
    status === 'disconnected'
      ? null
      : element(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'data-key': `disconnect-${id}`,
            'aria-label': `Disconnect: ${whose}`,
            'aria-expanded': String(disconnections.stateOf(connection) !== null),
            click: () => disconnections.ask(connection),
          },
          'Disconnect',
        ),
  )

  function fixing() {
    const label = action?.kind === 'grant_scopes' ? 'Grant access' : 'Connect again'
    const named = { 'aria-label': `${label}: ${whose}`, 'data-key': `fix-${id}` }
    // This page is where the link leads; it can begin the consent at once.
    return url?.startsWith(`${consoleUrl}?`)
      ? element('button', { type: 'button', ...named, click: () => onConnect(connection) }, label)
      : element('a', { class: 'button', href: url, rel: 'noreferrer', ...named }, label)
  }
}

/** @param {Connection} connection @param {readonly Connection[]} all @param {CardParts} parts */
function question(connection, all, { disconnections }) {
  const state = disconnections.stateOf(connection)
  if (state === null || connection.status === 'disconnected') return null
  return disconnectQuestion(connection, {
    all,
    state,
    onConfirm: () => void disconnections.confirm(connection),
    onKeep: () => disconnections.keep(connection),
  })
}
