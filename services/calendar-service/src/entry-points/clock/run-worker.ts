import { setTimeout as sleep } from 'node:timers/promises'
import type { RunQueue } from '../../application/ports.ts'
import type { WalkResource } from '../../application/walk-resource.ts'

export interface RunWorkerOptions {
  readonly queue: Pick<RunQueue, 'claim' | 'takeBack'>
  readonly walk: WalkResource
  readonly owner: string
  readonly leaseMs: number
  /** Runs at the same time in this process. */
  readonly lanes: number
  /** How long to wait when there was nothing to do; a wake-up is sooner. */
  readonly idleMs: number
  readonly onError: (error: unknown) => void
}

export interface RunWorker {
  start(): void
  /** Something may be due. */
  wake(): void
  /** Finishes the page under way in each lane, unless Google takes too long; the rest is another process's. */
  stop(): Promise<void>
}

const drainMs = 8_000

/** Takes due runs, whoever asked for them and on whichever replica, and walks them. */
export function createRunWorker(options: RunWorkerOptions): RunWorker {
  const { queue, walk, owner, leaseMs, lanes, idleMs, onError } = options
  const stopping = new AbortController()
  const idle = new Set<() => void>()
  let running: Promise<void>[] = []
  let wakings = 0

  // One lane looks, and wakes the next when it saw more than it took: most commits leave one thing to do, or none.
  const wake = () => {
    wakings += 1
    const [first] = idle
    first?.()
  }
  const rest = () =>
    new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer)
        idle.delete(go)
        resolve()
      }
      const timer = setTimeout(go, idleMs)
      idle.add(go)
      if (stopping.signal.aborted) go()
    })
  const lane = async () => {
    while (!stopping.signal.aborted) {
      try {
        const before = wakings
        const run = await queue.claim(owner, leaseMs)
        if (run === null) {
          // What was committed while it looked, it may not have seen.
          if (wakings === before) await rest()
          continue
        }
        if (run.othersDue) wake()
        await walk(run, stopping.signal)
      } catch (error) {
        // The run keeps its lease and is taken again when it ends, by a lane whose database or defect is better.
        onError(error)
        await rest()
      }
    }
  }
  return {
    wake,
    start: () => {
      // Whoever cannot take back waits for the leases to run out, as everybody else does.
      const tookBack = queue.takeBack(owner).catch(onError)
      running = Array.from({ length: lanes }, () => tookBack.then(lane))
    },
    stop: async () => {
      stopping.abort()
      for (const go of [...idle]) go()
      // A process is killed when it does not drain; what is under way then is resumed by its lease like after a crash.
      const patience = new AbortController()
      await Promise.race([Promise.all(running), sleep(drainMs, undefined, { signal: patience.signal })])
      patience.abort()
    },
  }
}
