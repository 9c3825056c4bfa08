// @ts-check
import { announcerOn } from './announcement.js'
import { consentWords } from './arrival.js'
import { requestConsent } from './consent.js'
import { showConsole } from './console-view.js'
import { disconnectSaid } from './disconnect.js'
import { createDisconnecting } from './disconnecting.js'
import { byId, element, focusKey, replaceContent } from './elements.js'
import { explain } from './explain.js'
import { historyList } from './history-list.js'
import { problemBox } from './problem-box.js'
import { lookAt } from './seen.js'
import { isSettling } from './settling.js'
import { syncNow, syncWordsOf } from './sync-now.js'
import { exactly } from './times.js'
import { serviceNames } from './words.js'

/** @import { Api } from './api.js' */
/** @import { Arrival } from './arrival.js' */
/** @import { Connection, Service } from './api-shapes.ts' */
/** @import { CardDeeds } from './connection-cards.js' */
/** @import { Deeds } from './console-view.js' */
/** @import { Seen } from './seen.js' */

const settlingMs = 2_000
const troubledMs = 15_000
const wellMs = 60_000
const mostLooksAlone = 60
const consentArrivesWithinMs = 20_000

/**
 * The console of one signed-in user, until `leave` is called.
 * @param {Api} api
 * @param {{ isAdmin: boolean, arrival: Arrival, consoleUrl: string }} about
 */
export function openConsole(api, { isAdmin, arrival, consoleUrl }) {
  const left = new AbortController()
  const openedAt = Date.now()
  /** @type {Map<string, Node>} */
  const histories = new Map()
  /** @type {Map<string, Node>} */
  const said = new Map()
  /** @type {Seen} */
  const seen = { troubles: new Map() }
  /** @type {Date | null} */
  let seenAt = null
  let showsAll = false
  const announce = announcerOn(byId('announcer'))
  let looksAlone = 0
  let looking = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let next

  const show = () => {
    if (left.signal.aborted) return
    showConsole(seen, parts, new Date())
    for (const connection of seen.connections?.ok ? seen.connections.body : []) putHistory(connection)
  }
  /** @type {CardDeeds & Deeds} */
  const parts = {
    disconnections: createDisconnecting(api, {
      show,
      focus: focusKey,
      tell,
      lookAgain: lookNow,
      said: disconnectSaid,
    }),
    consoleUrl,
    onConnect: (connection) => void connect(connection.service, connection),
    onRefresh: (connection) => void refresh(connection),
    onAdd: (service) => void connect(service, null),
    onRemedy: (remedy) => void (remedy.kind === 'sync' ? sync() : connect(remedy.service, remedy.connection)),
    saidOf: ({ id }) => said.get(id)?.cloneNode(true) ?? null,
    announce,
    get showsAll() {
      return showsAll
    },
    onShowAll: () => {
      showsAll = !showsAll
      show()
    },
  }

  const on = { signal: left.signal }
  byId('look-again').addEventListener('click', () => void lookNow(), on)
  byId('sync-now').addEventListener('click', () => void sync(), on)
  document.addEventListener('visibilitychange', () => void (document.hidden || lookNow()), on)
  byId('schema-section').hidden = !isAdmin
  replaceContent(byId('answer-content'), element('p', { class: 'lead looking' }, 'Looking …'))
  greet()
  void look()

  function greet() {
    if (arrival.kind === 'back') notice(element('p', {}, consentWords(arrival.status)))
    if (arrival.kind !== 'sent') return
    const { service } = arrival
    // Only a click begins a consent: a link from elsewhere must not.
    const begin = () => void connect(service, wanted())
    notice(
      element('p', {}, `You were sent here to give access to ${serviceNames[service]}.`),
      element('button', { type: 'button', click: begin }, `Continue to Google`),
    )
  }

  function wanted() {
    const known = seen.connections?.ok ? seen.connections.body : []
    return known.find(({ id }) => arrival.kind === 'sent' && id === arrival.connectionId) ?? null
  }

  /** It stays where it is while the card around it changes. @param {Connection} connection */
  function putHistory(connection) {
    const slot = document.querySelector(`[data-slot="history-${CSS.escape(connection.id)}"]`)
    if (slot === null || slot.childElementCount > 0) return
    const history = histories.get(connection.id) ?? historyList(api, connection)
    histories.set(connection.id, history)
    slot.append(history)
  }

  async function lookNow() {
    looksAlone = 0
    await look()
  }

  async function look() {
    if (looking) return
    looking = true
    let restSeconds = 0
    clearTimeout(next)
    try {
      await lookAt(api, {
        isAdmin,
        seen,
        show,
        note: (question, got) => {
          if (left.signal.aborted) return false
          const isLimited = !got.ok && got.problem.status === 429
          if (isLimited) restSeconds = Math.max(restSeconds, got.problem.retryAfter ?? 1)
          // What was seen before is worth more than that nobody may look right now.
          if (!isLimited || seen[question] === undefined) seen[question] = got
          show()
          return true
        },
      })
    } finally {
      // What cannot be shown once must not end all looking.
      looking = false
    }
    if (left.signal.aborted) return
    tellWhen(restSeconds)
    next = setTimeout(() => void (document.hidden || look()), restSeconds > 0 ? restSeconds * 1_000 : pause())
  }

  /** Of what is older than the last look, its age is said. @param {number} restSeconds */
  function tellWhen(restSeconds) {
    const limited = restSeconds > 0
    if (!limited) seenAt = new Date()
    const as = seenAt === null ? '' : ` This is how it was at ${exactly(seenAt)}.`
    byId('looks').textContent = limited ? `Too many requests, trying again in ${restSeconds} s.${as}` : ''
    byId('seen-at').textContent = limited || seenAt === null ? '' : `as it was at ${exactly(seenAt)}`
    announce('looks', limited ? 'Too many requests; this page tries again by itself.' : '')
  }

  /** Until the next look: soon while something ends by itself, later while something is the matter, and at last in any case,
   * for what was true an hour ago must not pass for true. */
  function pause() {
    const { connections, calendars, health, system } = seen
    if (!connections || !calendars || !health) return troubledMs
    const known = { connections, calendars, health, system: system?.ok ? system.body : null }
    const justConsented =
      arrival.kind === 'back' &&
      arrival.status === 'granted' &&
      Date.now() - openedAt < consentArrivesWithinMs
    const isWell = explain(known, new Date()).tone === 'good'
    if (arrival.kind === 'back' && isWell) byId('notices').replaceChildren()
    if (isSettling(known, justConsented) && looksAlone++ < mostLooksAlone) return settlingMs
    return isWell ? wellMs : troubledMs
  }

  /** @param {Connection} connection */
  async function refresh(connection) {
    tell(connection, element('p', { class: 'said' }, 'Renewing …'))
    const answer = await api.ask('POST', `/v1/connections/${encodeURIComponent(connection.id)}/refresh`)
    tell(
      connection,
      answer.ok
        ? element('p', { class: 'said' }, 'The access was renewed.')
        : problemBox(answer.problem, 'The access was not renewed'),
    )
    await lookNow()
  }

  /** @param {Connection} connection @param {HTMLElement} words */
  function tell({ id }, words) {
    said.set(id, words)
    announce(`said-${id}`, words.textContent ?? '')
    show()
  }

  /** @param {Service} service @param {Connection | null} connection */
  async function connect(service, connection) {
    const answer = await requestConsent(api, { service, connection }, consoleUrl)
    if (left.signal.aborted) return
    if (!answer.ok) return notice(problemBox(answer.problem, 'The consent could not be begun'))
    const { address, endsAt } = answer.body
    if (endsAt === consoleUrl) return location.assign(address)
    notice(
      element(
        'p',
        {},
        `This page is open at another address than Evergrant's own. After the consent you come back at ${endsAt}, and sign in there once more.`,
      ),
      element(
        'a',
        { class: 'button', href: address, rel: 'noreferrer', 'data-key': 'leave' },
        'Continue to Google',
      ),
    )
    focusKey('leave')
  }

  async function sync() {
    const button = byId('sync-now')
    const progress = byId('sync-progress')
    if (button.getAttribute('aria-disabled') === 'true') return
    button.setAttribute('aria-disabled', 'true')
    button.setAttribute('data-busy', '')
    announce('sync', 'A sync was asked for.')
    /** @param {Node} words */
    const show = (words) => left.signal.aborted || replaceContent(progress, words)
    show(element('p', { class: 'said' }, 'Asking for a sync …'))
    const answer = await syncNow(api, {
      onProgress: (running) => show(element('p', { class: 'said' }, syncWordsOf(running))),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    })
    show(
      answer.ok
        ? element('p', { class: 'said' }, syncWordsOf(answer.body))
        : problemBox(answer.problem, 'The sync could not be followed'),
    )
    announce('sync', progress.textContent ?? '')
    button.removeAttribute('data-busy')
    button.removeAttribute('aria-disabled')
    if (!left.signal.aborted) await lookNow()
  }

  return {
    leave() {
      left.abort()
      clearTimeout(next)
      for (const id of [
        'looks',
        'answer-content',
        'connections',
        'calendars',
        'copies',
        'seen-at',
        'announcer',
        'health',
        'schema',
        'sync-progress',
      ]) {
        byId(id).replaceChildren()
      }
    },
  }
}

/** @param {...Node} children */
function notice(...children) {
  byId('notices').replaceChildren(element('div', { class: 'notice' }, ...children))
}
