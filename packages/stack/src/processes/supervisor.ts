import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DomainError } from '@evergrant/decider'
import { type Launched, launchProcess } from './launch-process.ts'
import { forgetProcess, recordProcess } from './pid-file.ts'
import type { ProcessPlan } from './process-plan.ts'

export interface SupervisorOptions {
  readonly logFolder: string
  /** Where pid files go, for the start after a supervisor that was killed itself. */
  readonly runFolder: string
  /** A process got another pid. */
  readonly onChange: () => void
  readonly onEvent: (line: string) => void
  /** Ends a start that is still under way. */
  readonly stopping?: AbortSignal
  /** Between two starts of a process that keeps dying; doubles up to the greatest. */
  readonly firstBackoffMs?: number
  readonly greatestBackoffMs?: number
}

/** A process that is started again whenever it ends by itself. */
export interface Supervised {
  readonly name: string
  /** The one that runs, or ran last. */
  pid(): number
  restarts(): number
  /** Stops it for good. */
  stop(): Promise<void>
}

// Alive for this long counts as healthy, so the next end begins with a short pause again.
const healthyAfterMs = 30_000

/** Starts the process, waits until it serves, and from then on keeps it running on the same plan (the same port).
 * The first start is not repeated: a stack that cannot start should say so at once.
 * @throws DomainError process_not_ready */
export async function supervise(plan: ProcessPlan, options: SupervisorOptions): Promise<Supervised> {
  const { firstBackoffMs = 200, greatestBackoffMs = 10_000 } = options
  const stopping = new AbortController()
  const giveUp =
    options.stopping === undefined ? stopping.signal : AbortSignal.any([stopping.signal, options.stopping])
  let running: Launched | undefined
  let pid = 0
  let restarts = 0

  const start = async () => {
    running = undefined
    const launched = await launchProcess(plan, {
      logFile: join(options.logFolder, `${plan.name}.log`),
      signal: giveUp,
      onSpawn: (pid) => recordProcess(options.runFolder, plan.name, pid),
    })
    running = launched
    pid = launched.pid
    options.onChange()
    return launched
  }

  const keepRunning = async (first: Launched) => {
    let current: Launched | undefined = first
    let failures = 0
    while (true) {
      if (current !== undefined) {
        const since = Date.now()
        const { code, signal } = await current.exited
        running = undefined
        if (giveUp.aborted) return
        if (Date.now() - since > healthyAfterMs) failures = 0
        options.onEvent(`${plan.name} ended (${signal ?? `exit code ${code}`}); starting it again`)
      }
      await pause(Math.min(firstBackoffMs * 2 ** failures, greatestBackoffMs), giveUp)
      if (giveUp.aborted) return
      failures += 1
      try {
        current = await start()
        restarts += 1
        options.onEvent(`${plan.name} is back (pid ${current.pid})`)
      } catch (error) {
        current = undefined
        if (giveUp.aborted) return
        if (!(error instanceof DomainError)) throw error
        options.onEvent(`${error.message}; trying again`)
      }
    }
  }

  const first = await start()
  const kept = keepRunning(first)
  // A defect in the loop itself must end the supervisor, not be lost until somebody stops it.
  kept.catch((error) =>
    queueMicrotask(() => {
      throw error
    }),
  )
  return {
    name: plan.name,
    pid: () => pid,
    restarts: () => restarts,
    stop: async () => {
      stopping.abort()
      await running?.stop()
      await kept
      forgetProcess(options.runFolder, plan.name)
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
