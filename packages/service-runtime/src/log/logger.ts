import { type DestinationStream, type Logger, pino } from 'pino'
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
    serializers: { err: redactFields },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redactFields(fields) as Record<string, unknown>,
    },
    hooks: { streamWrite: redactText },
  }
  return destination ? pino(options, destination) : pino(options)
}
