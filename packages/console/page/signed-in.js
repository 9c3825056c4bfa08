// @ts-check
import { consentWords } from './arrival.js'
import { requestConsent } from './consent.js'
import { showConsole } from './console-view.js'
import { disconnectSaid } from './disconnect.js'
import { createDisconnecting } from './disconnecting.js'
import { byId, element, focusKey, replaceContent } from './elements.js'
import { explain } from './explain.js'
import { historyList } from './history-list.js'
import { problemBox } from './problem-box.js'
import { isSettling } from './settling.js'
import { syncNow, syncWordsOf } from './sync-now.js'
import { serviceNames } from './words.js'

/** @import { Api } from './api.js' */
/** @import { Arrival } from './arrival.js' */
/** @import { Connection, Listed, Service } from './api-shapes.ts' */
/** @import { CardParts } from './connection-card.js' */
/** @import { Seen, Deeds } from './console-view.js' */

const lookAgainMs = 2_000
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
  const seen = {}
  let looksAlone = 0
  let looking = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let next

  const show = () => void (left.signal.aborted || showConsole(seen, parts, new Date()))
  /** @type {CardParts & Deeds} */
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
    saidOf: ({ id }) => said.get(id) ?? null,
    historyOf: (connection) => {
      const open = histories.get(connection.id) ?? historyList(api, connection)
      histories.set(connection.id, open)
      return open
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

  async function lookNow() {
    looksAlone = 0
    await look()
  }

  async function look() {
    if (looking) return
    looking = true
    let restSeconds = 0
    clearTimeout(next)
    /** @template {keyof Seen} Key @param {Key} key @param {Promise<NonNullable<Seen[Key]>>} answer */
    const note = async (key, answer) => {
      const got = await answer
      if (left.signal.aborted) return
      if (!got.ok && got.problem.status === 429)
        restSeconds = Math.max(restSeconds, got.problem.retryAfter ?? 1)
      // What was seen before is worth more than that nobody may look right now.
      if (got.ok || got.problem.status !== 429 || seen[key] === undefined) seen[key] = got
      show()
    }
    try {
      await Promise.all([
        note('connections', api.list('/v1/connections')),
        note('calendars', api.list('/v1/calendar/calendars')),
        note('health', items('/v1/google/health')),
        ...(isAdmin ? [note('schema', items('/v1/schema'))] : []),
      ])
    } finally {
      // What cannot be shown once must not end all looking.
      looking = false
    }
    if (left.signal.aborted) return
    byId('looks').textContent =
      restSeconds === 0 ? '' : `Too many requests, trying again in ${restSeconds} s.`
    if (restSeconds > 0) {
      next = setTimeout(() => void look(), restSeconds * 1_000)
      return
    }
    const { connections, calendars, health } = seen
    if (!connections || !calendars || !health) return
    const justConsented =
      arrival.kind === 'back' &&
      arrival.status === 'granted' &&
      Date.now() - openedAt < consentArrivesWithinMs
    const isWell = explain({ connections, calendars, health }, new Date()).tone === 'good'
    if (arrival.kind === 'back' && isWell) byId('notices').replaceChildren()
    if (isSettling({ connections, calendars, health }, justConsented) && looksAlone++ < mostLooksAlone) {
      next = setTimeout(() => void look(), lookAgainMs)
    }
  }

  /** @param {string} path @returns {Promise<Listed<any>>} */
  async function items(path) {
    const answer = await api.ask('GET', path)
    return answer.ok ? { ok: true, body: answer.body.items } : answer
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
    words.setAttribute('role', 'status')
    said.set(id, words)
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
