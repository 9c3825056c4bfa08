// @ts-check
import { answerView, othersInTrouble, unconnected } from './answer-view.js'
import { calendarList } from './calendar-list.js'
import { connectionCard } from './connection-card.js'
import { byId, element, replaceContent } from './elements.js'
import { explain } from './explain.js'
import { googleHealth } from './google-health.js'
import { problemBox } from './problem-box.js'
import { schemaReports } from './schema-reports.js'
import { serviceNames } from './words.js'

/** @import { Calendar, Connection, GoogleHealth, Listed, SchemaReport, Service } from './api-shapes.ts' */
/** @import { CardParts } from './connection-card.js' */
/** @import { Remedy } from './explain.js' */

/**
 * What has been answered so far: each list by itself, so that one service that is away hides nothing of the others.
 * @typedef {object} Seen
 * @property {Listed<Connection>} [connections]
 * @property {Listed<Calendar>} [calendars]
 * @property {Listed<GoogleHealth>} [health]
 * @property {Listed<SchemaReport>} [schema]
 */

/**
 * @typedef {object} Deeds
 * @property {(remedy: Remedy) => void} onRemedy
 * @property {(service: Service) => void} onAdd
 */

/** Shows what is known. @param {Seen} seen @param {CardParts & Deeds} parts @param {Date} now */
export function showConsole(seen, parts, now) {
  const { connections, calendars, health, schema } = seen
  const known = connections?.ok ? connections.body : []
  if (connections) {
    section('connections', connections, 'Your connections cannot be read', (items) => cards(items, parts))
  }
  if (calendars) {
    section('calendars', calendars, 'Your calendars cannot be read', (items) => calendarList(items, known))
  }
  if (health) section('health', health, 'The health of Google cannot be read', googleHealth)
  if (schema) section('schema', schema, 'The schemas cannot be read', schemaReports)
  if (connections && calendars && health) {
    showAnswer(
      answerView(explain({ connections, calendars, health }, now), othersInTrouble(known), parts.onRemedy),
    )
  }
}

/** What is read aloud is replaced only when it says something else. @param {HTMLElement} answer */
function showAnswer(answer) {
  const place = byId('answer-content')
  if (place.textContent !== answer.textContent) replaceContent(place, answer)
}

/** @template Item @param {string} id @param {Listed<Item>} listed @param {string} failure @param {(items: readonly Item[]) => Node} show */
function section(id, listed, failure, show) {
  replaceContent(byId(id), listed.ok ? show(listed.body) : problemBox(listed.problem, failure))
}

/** @param {readonly Connection[]} connections @param {CardParts & Deeds} parts */
function cards(connections, parts) {
  const missing = unconnected(connections)
  return element(
    'div',
    {},
    element(
      'div',
      { class: 'cards' },
      ...connections.map((connection) => connectionCard(connection, connections, parts)),
    ),
    missing.length === 0
      ? null
      : element(
          'div',
          { class: 'buttons add' },
          ...missing.map((service) =>
            element(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'data-key': `add-${service}`,
                click: () => parts.onAdd(service),
              },
              `Connect ${serviceNames[service]}`,
            ),
          ),
        ),
  )
}
