import { looksLikeDrift } from '../catalog/sql-states.ts'
import type { VerificationReport, VerificationTrigger } from '../diff/finding.ts'

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

// A migration ends without a word: its lock is let go after the last of its DDL was told.
const migrationPollMs = 250

/** Looks at the schema on DDL, on reconnect, on schema-class errors, and anyway every `pollMs`. The first word of DDL is
 * looked into at once. What is told meanwhile, however much, is answered by one more look, after a rest as long as the
 * last look took: a migration of a thousand statements leaves the database half of the time. */
export function createWatcher(options: WatcherOptions): Watcher {
  const { verify, pollMs, onReport, onError } = options
  let latest: VerificationReport | undefined
  let running: Promise<VerificationReport> | undefined
  let next: Promise<VerificationReport> | undefined
  let pollTimer: NodeJS.Timeout | undefined
  let soonTimer: NodeJS.Timeout | undefined
  let toldMeanwhile: VerificationTrigger | undefined
  let restsUntil = 0
  let listener: DdlListener | undefined
  let stopped = false

  const look = async (trigger: VerificationTrigger) => {
    clearTimeout(pollTimer)
    // This look answers whoever waited for one.
    clearTimeout(soonTimer)
    soonTimer = undefined
    toldMeanwhile = undefined
    const began = performance.now()
    try {
      latest = await verify(trigger)
      onReport(latest)
      return latest
    } finally {
      running = undefined
      const ended = performance.now()
      restsUntil = ended + (ended - began)
      if (!stopped) pollTimer = setTimeout(() => void check('poll').catch(onError), pollPause())
      if (toldMeanwhile !== undefined && next === undefined) soon(toldMeanwhile)
    }
  }
  const pollPause = () =>
    latest?.unverifiable?.code === 'migration_in_flight' ? Math.min(migrationPollMs, pollMs) : pollMs
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
    if (stopped || soonTimer !== undefined) return
    if (running !== undefined) {
      // It may have read the catalog before what we are told of happened.
      toldMeanwhile ??= trigger
      return
    }
    const rest = restsUntil - performance.now()
    if (rest <= 0) void check(trigger).catch(onError)
    else soonTimer = setTimeout(() => void check(trigger).catch(onError), rest)
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
      // A look that is cut off would report a database that cannot be reached.
      await (next ?? running)?.catch(() => undefined)
      clearTimeout(pollTimer)
      await listener?.stop()
    },
  }
}
