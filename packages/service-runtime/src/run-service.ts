import { createLogger, type Logger } from './log/logger.ts'

export interface RunningService {
  /** Finishes what is under way and lets go of everything. */
  stop(): Promise<void>
  /** Where it listens; on the `ready` log line. */
  readonly url?: string
  readonly logger?: Logger
}

const drainDeadlineMs = 20_000

/** Starts a service process and keeps it until SIGTERM, SIGINT or the end of its parent's IPC channel; then drains.
 * Exit codes: 0 stopped in order; 1 could not start, crashed, or was not drained after 20 s. Prints only log lines. */
export async function runService(start: () => Promise<RunningService>): Promise<void> {
  let logger = createLogger({ name: 'service' })
  const crash = (message: string) => (error: unknown) => {
    logger.fatal({ err: error }, message)
    process.exit(1)
  }
  // State after an unknown error is unknown; the platform restarts a clean process.
  process.on('uncaughtException', crash('uncaught error'))
  process.on('unhandledRejection', crash('unhandled rejection'))

  let service: RunningService | undefined
  let stopping = false
  const stop = (reason: string) => {
    if (stopping) return crash('asked twice to stop')(new Error(reason))
    stopping = true
    logger.info({ reason }, 'draining')
    setTimeout(() => crash('not drained in time')(new Error(reason)), drainDeadlineMs).unref()
    // Asked to stop while still starting: there is nothing under way that a caller could know about.
    Promise.resolve(service?.stop()).then(() => {
      logger.info('stopped')
      process.exit(0)
    }, crash('stopping failed'))
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.once('disconnect', () => stopping || stop('parent is gone'))

  try {
    service = await start()
  } catch (error) {
    crash('could not start')(error)
    return
  }
  logger = service.logger ?? logger
  logger.info(service.url === undefined ? {} : { url: service.url }, 'ready')
}
