// @ts-check
/** @import { Answer, Listed, Problem } from './api-shapes.ts' */

/**
 * Speaks to the gateway this page came from, and to nobody else. Whatever goes wrong is an answer, never an exception.
 * @param {{ fetch: typeof globalThis.fetch, token: () => string | null, now: () => number, onRejected: (problem: Problem) => void }} parts
 */
export function createApi({ fetch, token, now, onRejected }) {
  let restsUntil = 0

  /** @param {'GET' | 'POST' | 'DELETE'} method @param {string} path @param {object} [body] @returns {Promise<Answer<any>>} */
  async function ask(method, path, body) {
    const asked = token()
    // Who is told to wait and asks on is only told to wait longer.
    if (now() < restsUntil) return { ok: false, problem: tooMany(restsUntil - now()) }
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
    // Not ready is what was asked for: the document says which part is not.
    const tellsHealth = path === '/health' && Array.isArray(read?.services)
    if ((response.ok && read !== null) || tellsHealth) return { ok: true, body: read }
    const problem = problemIn(response.status, read)
    if (problem.status === 429) {
      const wait = secondsIn(problem.retryAfter, response.headers.get('retry-after'), now())
      restsUntil = Math.max(restsUntil, now() + wait * 1_000)
      return { ok: false, problem: { ...tooMany(wait * 1_000), ...reference(problem) } }
    }
    // An answer to an earlier token must not sign out the newer one.
    if (problem.status === 401 && asked === token()) onRejected(problem)
    return { ok: false, problem }
  }

  /** A list to its end, or to where nobody reads on. @param {string} path @returns {Promise<Listed<any>>} */
  async function list(path) {
    const items = []
    let cursor = null
    let sync
    for (let page = 0; page < mostPages; page++) {
      const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
      const answer = await ask('GET', `${path}${query}`)
      if (!answer.ok) return answer
      items.push(...answer.body.items)
      sync = answer.body.sync
      cursor = answer.body.nextCursor ?? null
      if (cursor === null) break
    }
    return sync === undefined ? { ok: true, body: items } : { ok: true, body: items, sync }
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

const waitOtherwise = 10
const longestWait = 600

/** @param {number} ms @returns {Problem} */
function tooMany(ms) {
  const retryAfter = Math.max(1, Math.ceil(ms / 1_000))
  return { title: 'Too many requests', status: 429, detail: '', code: 'rate_limited', retryAfter }
}

/** @param {Problem} problem @returns {Pick<Problem, 'requestId'>} */
const reference = ({ requestId }) => (requestId === undefined ? {} : { requestId })

/** How long to wait: the document's word, or the header's, which a proxy may write as a date (RFC 9110 10.2.3).
 * @param {unknown} told @param {string | null} header @param {number} now */
function secondsIn(told, header, now) {
  const written = header === null || header.trim() === '' ? Number.NaN : Number(header)
  const until = header === null ? Number.NaN : (Date.parse(header) - now) / 1_000
  const seconds = [told, written, until].find((each) => Number.isFinite(each))
  return Math.min(longestWait, Math.max(1, Math.ceil(Number(seconds ?? waitOtherwise))))
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
