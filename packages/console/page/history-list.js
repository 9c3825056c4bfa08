// @ts-check
import { element, replaceContent } from './elements.js'
import { moment } from './moment.js'
import { problemBox } from './problem-box.js'

/** @import { Api } from './api.js' */
/** @import { Connection, HistoryEntry } from './api-shapes.ts' */

/** @type {Readonly<Record<HistoryEntry['by']['kind'], string>>} */
const actors = {
  user: 'you',
  service: 'a service',
  google: 'Google',
  schedule: 'by schedule',
  operator: 'an operator',
}
const pageSize = 20

/** The history of a connection, newest first: read when it is opened, and further on request.
 * @param {Api} api @param {Connection} connection */
export function historyList(api, { id }) {
  const list = element('ol', { class: 'history' })
  const foot = element('div', { class: 'history-foot' })
  const details = element(
    'details',
    { toggle: () => void begin() },
    element('summary', { 'data-key': `history-${id}` }, 'History'),
    list,
    foot,
  )
  return details

  async function begin() {
    if (!(details instanceof HTMLDetailsElement) || !details.open) return
    list.replaceChildren()
    await read(null)
  }

  /** @param {string | null} cursor */
  async function read(cursor) {
    foot.setAttribute('aria-busy', 'true')
    const query = new URLSearchParams({ limit: String(pageSize), ...(cursor === null ? {} : { cursor }) })
    const answer = await api.ask('GET', `/v1/connections/${encodeURIComponent(id)}/history?${query}`)
    foot.removeAttribute('aria-busy')
    if (!answer.ok) return replaceContent(foot, problemBox(answer.problem, 'The history cannot be read'))
    list.append(...answer.body.items.map(line))
    const next = answer.body.nextCursor
    replaceContent(foot, next === null ? null : more(next))
  }

  /** @param {string} cursor */
  function more(cursor) {
    const attributes = {
      type: 'button',
      class: 'quiet',
      'data-key': `more-${id}`,
      click: () => void read(cursor),
    }
    return element('button', attributes, 'Earlier')
  }
}

/** @param {HistoryEntry} entry */
function line({ at, by, summary }) {
  const who = by.kind === 'service' && by.id !== undefined ? by.id : actors[by.kind]
  return element(
    'li',
    {},
    element('p', {}, summary),
    element('p', { class: 'when' }, moment(at), ` · ${who}`),
  )
}
