import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino'
import { redactFields, redactText } from './redaction.ts'

export type { Logger }

export interface LoggerOptions {
  /** The service's name, on every line. */
  readonly name: string
  readonly level?: string
  /** Where lines go; stdout unless a test says otherwise. */
  readonly destination?: DestinationStream
}

/** One JSON line per event on stdout. Secrets are hidden twice: by field name, and by what the finished line contains. */
export function createLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    name,
    level,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    // pino's own err serializer would copy every property of a foreign error, request headers included.
    serializers: { err: (value: unknown) => (value instanceof Error ? redactFields(value) : value) },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redactFields(fields) as Record<string, unknown>,
    },
    hooks: { streamWrite: redactText },
  }
  // Synchronous: a line that explains a crash must be out before the process is.
  const logger = pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
  return redactChildren(logger)
}

/** pino formats a child's own fields with no formatter at all. Children inherit the method with their parent. */
function redactChildren(logger: Logger): Logger {
  const plain: (this: Logger, fields: Bindings, options?: ChildLoggerOptions) => Logger = logger.child
  const child = function (this: Logger, fields: Bindings, options?: ChildLoggerOptions): Logger {
    return plain.call(this, redactFields(fields) as Bindings, options)
  }
  return Object.assign(logger, { child })
}
