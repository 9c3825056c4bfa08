// @ts-check
import { createApi } from './api.js'
import { arrivalOf } from './arrival.js'
import { byId } from './elements.js'
import { lookingTitle, signInTitle } from './page-title.js'
import { claimsOf, createSession, tokenIn } from './session.js'
import { openConsole } from './signed-in.js'
import { inFull } from './times.js'

const consoleUrl = `${location.origin}${location.pathname}`
let arrival = arrivalOf(location.search)
// What the address said is read once; a reload or a copied address must not say it again.
if (location.search !== '') history.replaceState(null, '', location.pathname)

const session = createSession(sessionStorage)
const api = createApi({
  fetch: window.fetch.bind(window),
  token: session.token,
  now: Date.now,
  onRejected: signOutBecause,
})
const field = /** @type {HTMLInputElement} */ (byId('token'))
/** @type {ReturnType<typeof openConsole> | null} */
let open = null

byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const token = tokenIn(field.value)
  field.value = ''
  if (claimsOf(token) === null)
    return refuse('This is no JWT: it should be three parts with dots between them.')
  session.keep(token)
  enter()
})
byId('sign-out').addEventListener('click', () => leave('You are signed out.'))
enter()

/** Shows the console when there is a token, and asks for one when there is none. */
function enter() {
  const claims = claimsOf(session.token() ?? '')
  byId('sign-in').hidden = claims !== null
  byId('console').hidden = claims === null
  byId('who').hidden = claims === null
  document.title = claims === null ? signInTitle : lookingTitle
  refuse('')
  if (claims === null) return
  const { sub, scopes, expiresAt } = claims
  const until = expiresAt === null ? '' : `, until ${inFull(new Date(expiresAt).toISOString())}`
  byId('who-text').textContent = `Signed in as ${sub}${until}`
  byId('notices').replaceChildren()
  open = openConsole(api, { isAdmin: scopes.includes('admin'), arrival, consoleUrl })
  arrival = { kind: 'plain' }
  byId('main').focus()
}

function signOutBecause() {
  const expiresAt = claimsOf(session.token() ?? '')?.expiresAt ?? null
  const expired = expiresAt !== null && expiresAt <= Date.now()
  leave('')
  refuse(
    expired
      ? 'Your token has expired. Please sign in with a new one.'
      : 'Your token was not accepted: it has expired, or this stack does not trust who made it. Please sign in with a new one.',
  )
}

/** @param {string} words */
function leave(words) {
  session.forget()
  open?.leave()
  open = null
  byId('notices').replaceChildren()
  enter()
  byId('notices').textContent = words
  field.focus()
}

/** @param {string} why */
function refuse(why) {
  byId('token-error').textContent = why
  field.setAttribute('aria-invalid', String(why !== ''))
}
