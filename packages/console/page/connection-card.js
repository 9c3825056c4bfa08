// @ts-check
import { connectionStanding } from './connection-standing.js'
import { deedButton } from './deed-button.js'
import { disconnectQuestion } from './disconnect.js'
import { element, webAddress } from './elements.js'
import { moment } from './moment.js'
import { standingList } from './standing-list.js'
import { withheld } from './withheld.js'
import { capabilityNames, capabilityStates, serviceNames, statusWords } from './words.js'

/** @import { Connection, SystemHealth } from './api-shapes.ts' */
/** @import { Disconnections } from './disconnecting.js' */
/** @import { Trouble } from './trouble-history.js' */

/**
 * @typedef {object} CardParts
 * @property {(connection: Connection) => void} onConnect
 * @property {(connection: Connection) => void} onRefresh
 * @property {(connection: Connection) => Node | null} saidOf what the last click on this card led to
 * @property {Disconnections} disconnections
 * @property {string} consoleUrl
 */

/**
 * @typedef {object} CardKnown
 * @property {readonly Connection[]} all
 * @property {Trouble | null} trouble
 * @property {SystemHealth | null} health
 */

/** @type {Readonly<Record<Connection['status'], string>>} */
const tones = {
  active: 'good',
  missing_scopes: 'broken',
  needs_reauthorization: 'broken',
  disconnected: 'off',
  unknown: 'waiting',
}

/** One connection: how it is, the five answers where something is the matter, and what can be done here. Its history is put
 * into the slot at its end. @param {Connection} connection @param {CardKnown} known @param {CardParts} parts */
export function connectionCard(connection, known, parts) {
  const { id, service, account, status } = connection
  const title = `connection-${id}`
  const standing = connectionStanding(connection, known)
  const tone = status === 'active' && standing !== null ? 'waiting' : tones[status]
  const word = tone === 'waiting' && status === 'active' ? 'With trouble' : statusWords[status]
  return element(
    'article',
    { class: `card ${tone}`, 'aria-labelledby': title, 'data-key': title },
    element(
      'div',
      { class: 'card-head' },
      element(
        'h3',
        { id: title },
        serviceNames[service],
        element('span', { class: 'account' }, account.email),
      ),
      element('p', { class: `status ${tone}` }, word),
    ),
    standing === null
      ? element('p', {}, 'Nothing is the matter: the access is renewed by itself before it ends.')
      : standingList(standing),
    facts(connection),
    buttons(connection, known, parts),
    question(connection, known.all, parts),
    parts.saidOf(connection),
    element('div', { 'data-slot': `history-${id}` }),
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

/** @param {Connection} connection @param {CardKnown} known @param {CardParts} parts */
function buttons(connection, { health }, { onConnect, onRefresh, consoleUrl, disconnections }) {
  const { id, service, account, status, action } = connection
  const whose = `${serviceNames[service]} of ${account.email}`
  const url = webAddress(action?.url)
  const ended = status === 'disconnected' || status === 'needs_reauthorization'
  /** @type {string[]} */
  const reasons = []
  /** @param {'connect' | 'refresh' | 'disconnect'} deed */
  const because = (deed) => {
    const why = withheld(deed, health)
    if (why === null) return null
    reasons.push(why)
    return `withheld-${id}-${reasons.length - 1}`
  }
  const made = [
    url === null ? null : fixing(url),
    ended
      ? null
      : deedButton({
          key: `refresh-${id}`,
          kind: 'quiet',
          label: `Renew access: ${whose}`,
          words: 'Renew access',
          because: because('refresh'),
          act: () => onRefresh(connection),
        }),
    status === 'disconnected'
      ? null
      : deedButton({
          key: `disconnect-${id}`,
          kind: 'quiet',
          label: `Disconnect: ${whose}`,
          words: 'Disconnect',
          because: because('disconnect'),
          expanded: String(disconnections.stateOf(connection) !== null),
          act: () => disconnections.ask(connection),
        }),
  ]
  return element(
    'div',
    { class: 'deeds' },
    element('div', { class: 'buttons' }, ...made),
    ...reasons.map((why, nr) => element('p', { class: 'withheld', id: `withheld-${id}-${nr}` }, why)),
  )

  /** @param {string} href */
  function fixing(href) {
    const words = action?.kind === 'grant_scopes' ? 'Grant access' : 'Connect again'
    const label = `${words}: ${whose}`
    const key = `fix-${id}`
    const why = because('connect')
    // This page is where the link leads; it can begin the consent at once. A link that is withheld leads nowhere.
    return href.startsWith(`${consoleUrl}?`) || why !== null
      ? deedButton({ key, kind: null, label, words, because: why, act: () => onConnect(connection) })
      : element(
          'a',
          { class: 'button', href, rel: 'noreferrer', 'aria-label': label, 'data-key': key },
          words,
        )
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
