import { randomBytes } from 'node:crypto'
import type { Clock, Ids } from '@evergrant/decider'
import { v7 } from 'uuid'

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() }

/** UUIDv7: unique everywhere, sorted by creation within a process. */
export const uuidv7Ids: Ids = createUuidv7Ids(() => Date.now())

const idBytes = 16
const idsPerPage = 256

/** @param nowMs epoch ms; a clock that is set back repeats the last millisecond instead. */
export function createUuidv7Ids(nowMs: () => number): Ids {
  // Randomness by the page: a system call for each id was a tenth of what a vend costs.
  let page = randomBytes(0)
  let used = 0
  let msecs = Number.NEGATIVE_INFINITY
  let seq = 0
  return {
    next: () => {
      if (used === page.length) {
        page = randomBytes(idBytes * idsPerPage)
        used = 0
      }
      const random = page.subarray(used, used + idBytes)
      used += idBytes
      const now = nowMs()
      if (now > msecs) {
        msecs = now
        // Leaves room above for as many ids of the same millisecond as there can be.
        seq = random.readUInt32BE(6) & 0x7fffffff
      } else if (++seq > 0xffffffff) {
        msecs += 1
        seq = 0
      }
      return v7({ random, msecs, seq })
    },
  }
}
