// @ts-check
/** @import { Answer, Listed, Problem } from './api-shapes.ts' */

/**
 * Speaks to the gateway this page came from, and to nobody else. Whatever goes wrong is an answer, never an exception.
 * @param {{ fetch: typeof globalThis.fetch, token: () => string | null, onRejected: (problem: Problem) => void }} parts
 */
export function createApi({ fetch, token, onRejected }) {
  /** @param {'GET' | 'POST'} method @param {string} path @param {object} [body] @returns {Promise<Answer<any>>} */
  async function ask(method, path, body) {
    const asked = token()
    /** @type {Response} */
    let response
    try {
      response = await fetch(path, {
        method,
        // No cookie goes along: the token is the only thing that says who asks.
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(patienceMs),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${asked}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch {
      return { ok: false, problem: unreachable }
    }
    const read = await response.json().catch(() => null)
    if (response.ok && read !== null) return { ok: true, body: read }
    const problem = problemIn(response.status, read)
    // An answer to an earlier token must not sign out the newer one.
    if (problem.status === 401 && asked === token()) onRejected(problem)
    return { ok: false, problem }
  }

  /** A list to its end, or to where nobody reads on. @param {string} path @returns {Promise<Listed<any>>} */
  async function list(path) {
    const items = []
    let cursor = null
    for (let page = 0; page < mostPages; page++) {
      const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
      const answer = await ask('GET', `${path}${query}`)
      if (!answer.ok) return answer
      items.push(...answer.body.items)
      cursor = answer.body.nextCursor ?? null
      if (cursor === null) break
    }
    return { ok: true, body: items }
  }

  return { ask, list }
}

/** @typedef {ReturnType<typeof createApi>} Api */

const mostPages = 20
// Longer than the gateway waits for a service, so that its word about it arrives.
const patienceMs = 45_000

/** @type {Problem} */
const unreachable = {
  title: 'No answer',
  status: 0,
  detail: 'The gateway could not be reached. Is the network there, and is Evergrant running?',
  code: 'unreachable',
}

/** The problem document of an answer, or one in its place where a proxy answered with something else.
 * @param {number} status @param {any} body @returns {Problem} */
function problemIn(status, body) {
  if (typeof body?.title === 'string' && typeof body?.code === 'string')
    return { detail: '', ...body, status }
  return {
    title: 'Unexpected answer',
    status,
    detail: `Something between this page and the service answered with status ${status}.`,
    code: 'unexpected_answer',
  }
}
