// @ts-check
/**
 * @typedef {object} Claims
 * @property {string} sub
 * @property {readonly string[]} scopes
 * @property {number | null} expiresAt milliseconds
 */

/** What a JWT says of itself. Nothing is proven by it: only the services verify. Null when it is no JWT.
 * @param {string} token @returns {Claims | null} */
export function claimsOf(token) {
  const parts = token.split('.')
  if (parts.length !== 3) return null
  try {
    const bytes = Uint8Array.from(
      atob((parts[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
      (character) => character.charCodeAt(0),
    )
    const { sub, scope, exp } = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof sub !== 'string') return null
    const scopes = typeof scope === 'string' ? scope.split(' ') : []
    return { sub, scopes, expiresAt: typeof exp === 'number' ? exp * 1_000 : null }
  } catch {
    return null
  }
}

/** The token in what was pasted: with or without quotes, line ends and the word in front. @param {string} pasted */
export function tokenIn(pasted) {
  return pasted
    .trim()
    .replace(/^(authorization:\s*)?bearer\s+/i, '')
    .replaceAll(/["'\s]/g, '')
}

const key = 'evergrant.token'

/** The token of this tab. sessionStorage, because consent leads away to Google and back, and a reload is no sign-out; it
 * ends with the tab, goes to no other tab, and never travels by itself as a cookie would.
 * @param {Storage} storage */
export function createSession(storage) {
  return {
    token: () => storage.getItem(key),
    /** @param {string} token */
    keep: (token) => storage.setItem(key, token),
    forget: () => storage.removeItem(key),
  }
}

/** @typedef {ReturnType<typeof createSession>} Session */
