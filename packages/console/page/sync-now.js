// @ts-check
import { because } from './words.js'

/** @import { Api } from './api.js' */
/** @import { Answer, Sync } from './api-shapes.ts' */

const lookEveryMs = 700
const mostLooks = 250

/** Asks for a sync of every calendar and follows it to its end.
 * @param {Api} api
 * @param {{ onProgress: (sync: Sync) => void, wait: (ms: number) => Promise<void> }} parts
 * @returns {Promise<Answer<Sync>>} */
export async function syncNow(api, { onProgress, wait }) {
  const asked = await api.ask('POST', '/v1/calendar/syncs', {})
  if (!asked.ok) return asked
  const path = `/v1/calendar/syncs/${encodeURIComponent(asked.body.id)}`
  for (let look = 1; ; look++) {
    /** @type {Answer<Sync>} */
    const answer = await api.ask('GET', path)
    if (!answer.ok) {
      // The sync goes on while its progress may not be asked for.
      if (answer.problem.status !== 429 || look === mostLooks) return answer
      await wait((answer.problem.retryAfter ?? 1) * 1_000)
      continue
    }
    if (hasEnded(answer.body) || look === mostLooks) return answer
    onProgress(answer.body)
    await wait(lookEveryMs)
  }
}

/** @param {Sync} sync */
const hasEnded = ({ status }) => status === 'completed' || status === 'failed'

/** How a sync stands, in one sentence. @param {Sync} sync */
export function syncWordsOf({ status, counts, error }) {
  const { upserted, deleted, unchanged } = counts
  if (status === 'failed') {
    const again = error?.retryAt ? ' Evergrant tries again by itself.' : ''
    return `The sync failed because ${because(error?.code ?? 'internal_error')}.${again}`
  }
  if (error !== undefined && status !== 'completed')
    return `The sync is held up because ${because(error.code)}. Evergrant tries again by itself …`
  const seen = `${events(upserted)} changed, ${deleted} removed, ${unchanged} as they were`
  if (status === 'completed')
    return upserted + deleted === 0 ? 'Synced: nothing had changed.' : `Synced: ${seen}.`
  return status === 'requested' ? 'The sync waits for its turn …' : `Syncing: ${seen} so far …`
}

/** @param {number} count */
const events = (count) => (count === 1 ? '1 event' : `${count} events`)
