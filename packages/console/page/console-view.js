// @ts-check
import { announcementOf } from './announcement.js'
import { answerView, othersInTrouble } from './answer-view.js'
import { calendarList } from './calendar-list.js'
import { connectionCards } from './connection-cards.js'
import { copiesView } from './copies-view.js'
import { byId, element, replaceContent } from './elements.js'
import { explain } from './explain.js'
import { googleHealth } from './google-health.js'
import { titleOf } from './page-title.js'
import { problemBox } from './problem-box.js'
import { schemaReports } from './schema-reports.js'
import { notFoundOut } from './seen.js'
import { withheld } from './withheld.js'

/** @import { Listed } from './api-shapes.ts' */
/** @import { Announce } from './announcement.js' */
/** @import { CardDeeds } from './connection-cards.js' */
/** @import { Remedy } from './explain.js' */
/** @import { Seen } from './seen.js' */

/**
 * @typedef {object} Deeds
 * @property {(remedy: Remedy) => void} onRemedy
 * @property {boolean} showsAll
 * @property {() => void} onShowAll
 * @property {Announce} announce
 */

/** Shows what is known. @param {Seen} seen @param {CardDeeds & Deeds} parts @param {Date} now */
export function showConsole(seen, parts, now) {
  const { connections, calendars, health, schema } = seen
  const system = seen.system?.ok ? seen.system.body : null
  const known = connections?.ok ? connections.body : []
  const about = { connections: known, health: system }
  if (connections) {
    section('connections', connections, 'Your connections cannot be read', (items) =>
      connectionCards(items, { troubles: seen.troubles, health: system }, parts),
    )
  }
  if (calendars) {
    section('calendars', calendars, 'Your calendars cannot be read', (items) =>
      calendarList(items, { ...about, ...parts }),
    )
  }
  showCopies(seen, about)
  if (health)
    section('health', health, 'The health of Google cannot be read', (items) => googleHealth(items, system))
  if (schema) section('schema', schema, 'The schemas cannot be read', schemaReports)
  showSyncWithheld(withheld('sync', system))
  if (connections && calendars && health) {
    const explanation = explain({ connections, calendars, health, system }, now)
    replaceContent(
      byId('answer-content'),
      answerView(explanation, {
        others: othersInTrouble(known),
        notFoundOut: notFoundOut(seen),
        withheld: (deed) => withheld(deed, system),
        onRemedy: parts.onRemedy,
      }),
    )
    document.title = titleOf(explanation)
    parts.announce('answer', announcementOf(explanation, known))
  }
}

/** @param {Seen} seen @param {Parameters<typeof copiesView>[2]} about */
function showCopies({ calendars, mail, files }, about) {
  /** @param {Listed<unknown> | undefined} read */
  const syncOf = (read) => (read?.ok ? (read.sync ?? []) : [])
  const articles = [
    ...copiesView('calendar', syncOf(calendars), about),
    ...copiesView('gmail', syncOf(mail), about),
    ...copiesView('drive', syncOf(files), about),
  ]
  const boxes = [
    mail && !mail.ok ? problemBox(mail.problem, 'How your mail stands cannot be read') : null,
    files && !files.ok ? problemBox(files.problem, 'How your files stand cannot be read') : null,
  ].filter((box) => box !== null)
  byId('copies-section').hidden = articles.length + boxes.length === 0
  replaceContent(byId('copies'), element('div', { class: 'cards' }, ...articles), ...boxes)
}

/** @param {string | null} why */
function showSyncWithheld(why) {
  const button = byId('sync-now')
  byId('sync-withheld').textContent = why ?? ''
  if (why === null) button.removeAttribute('data-withheld')
  else button.setAttribute('data-withheld', '')
  if (why !== null) button.setAttribute('aria-disabled', 'true')
  else if (!button.hasAttribute('data-busy')) button.removeAttribute('aria-disabled')
}

/** @template Item @param {string} id @param {Listed<Item>} listed @param {string} failure @param {(items: readonly Item[]) => Node} show */
function section(id, listed, failure, show) {
  replaceContent(byId(id), listed.ok ? show(listed.body) : problemBox(listed.problem, failure))
}
