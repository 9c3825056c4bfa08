import type { VerificationReport, VerificationTrigger } from './finding.ts'
import { looksLikeDrift } from './sql-states.ts'

/** Something that tells of DDL as it commits. */
export interface DdlListener {
  stop(): Promise<void>
}

export interface WatcherOptions {
  /** Looks once; it must not throw (`verifySchema` does not). */
  readonly verify: (trigger: VerificationTrigger) => Promise<VerificationReport>
  /** Hears DDL, and tells when it came back after being deaf. Without it the poll is all there is. */
  readonly listen?: (hears: {
    readonly onDdl: () => void
    readonly onReconnect: () => void
  }) => Promise<DdlListener>
  readonly pollMs: number
  /** A migration sends many notifications; one look a while after the first answers them all. Default 20. */
  readonly debounceMs?: number
  /** After every look, changed or not: a silent watcher is a dead one. */
  readonly onReport: (report: VerificationReport) => void
  readonly onError: (error: unknown) => void
}

export interface Watcher {
  /** The first look; the watch goes on from there. */
  start(): Promise<VerificationReport>
  /** The latest report, or undefined before the first. */
  current(): VerificationReport | undefined
  /** Looks now; looks that are asked for while one runs share the next one. */
  check(trigger: VerificationTrigger): Promise<VerificationReport>
  /** An error from real traffic: looks again when it is of the schema class. */
  notice(error: unknown): void
  stop(): Promise<void>
}

/** Looks at the schema on DDL, on reconnect, on schema-class errors, and anyway every `pollMs`. */
export function createWatcher(options: WatcherOptions): Watcher {
  const { verify, pollMs, debounceMs = 20, onReport, onError } = options
  let latest: VerificationReport | undefined
  let running: Promise<VerificationReport> | undefined
  let next: Promise<VerificationReport> | undefined
  let pollTimer: NodeJS.Timeout | undefined
  let soonTimer: NodeJS.Timeout | undefined
  let listener: DdlListener | undefined
  let stopped = false

  const look = async (trigger: VerificationTrigger) => {
    clearTimeout(pollTimer)
    try {
      latest = await verify(trigger)
      onReport(latest)
      return latest
    } finally {
      running = undefined
      if (!stopped) pollTimer = setTimeout(() => void check('poll').catch(onError), pollMs)
    }
  }
  const check = (trigger: VerificationTrigger): Promise<VerificationReport> => {
    if (running === undefined) {
      running = look(trigger)
      return running
    }
    // The one that runs may have read the catalog before what we were told of happened.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        running = look(trigger)
        return running
      })
    return next
  }
  const soon = (trigger: VerificationTrigger) => {
    if (stopped) return
    soonTimer ??= setTimeout(() => {
      soonTimer = undefined
      void check(trigger).catch(onError)
    }, debounceMs)
  }

  return {
    async start() {
      listener = await options.listen?.({ onDdl: () => soon('ddl'), onReconnect: () => soon('reconnect') })
      return check('start')
    },
    current: () => latest,
    check,
    notice: (error) => {
      if (looksLikeDrift(error)) soon('error')
    },
    async stop() {
      stopped = true
      clearTimeout(pollTimer)
      clearTimeout(soonTimer)
      await listener?.stop()
      await (next ?? running)?.catch(() => undefined)
      clearTimeout(pollTimer)
    },
  }
}
