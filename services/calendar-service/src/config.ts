import { type Environment, isLoopback, readConfig, serviceConfigShape } from '@evergrant/service-runtime'
import { z } from 'zod'

const calendarConfigShape = {
  ...serviceConfigShape,
  GOOGLE_API_ROOT_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).protocol === 'https:' || isLoopback(new URL(url).hostname), {
      error: 'must be https, or http on a loopback address',
    })
    .default('https://www.googleapis.com')
    .describe('Where the Google APIs are (the googleapis rootUrl).'),
  SYNC_LANES: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Calendars one replica syncs at the same time.'),
  SYNC_STALE_AFTER_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('Age at which a connection is synced again without being asked.'),
  SYNC_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(600)
    .default(45)
    .describe('How long a replica that fell silent keeps a sync; more than one page of Google’s takes.'),
} as const

export type CalendarConfig = ReturnType<typeof readCalendarConfig>

/** @throws DomainError `invalid_config`, naming every variable that is wrong. */
export function readCalendarConfig(env: Environment = environment()) {
  return readConfig(calendarConfigShape, env)
}

/** Where Google is to send push notifications; null when it could not reach us: it wants https, and an emulator that
 * shares our machine may do without. */
export function pushAddress({
  PUBLIC_URL,
  GOOGLE_API_ROOT_URL,
}: Pick<CalendarConfig, 'PUBLIC_URL' | 'GOOGLE_API_ROOT_URL'>): string | null {
  const isHere = (url: string) => isLoopback(new URL(url).hostname)
  const reachable = isHere(PUBLIC_URL)
    ? isHere(GOOGLE_API_ROOT_URL)
    : new URL(PUBLIC_URL).protocol === 'https:'
  return reachable ? new URL('/v1/google/notifications', PUBLIC_URL).href : null
}

/** What a rebuild of read models needs. */
export function readRebuildConfig(env: Environment = environment()) {
  const { DATABASE_URL, LOG_LEVEL } = serviceConfigShape
  return readConfig({ DATABASE_URL, LOG_LEVEL }, env)
}

/** What the migration run needs. */
export function readMigrationConfig(env: Environment = environment()) {
  const shape = {
    MIGRATOR_DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/ })
      .describe("This service's database, as the role that owns its schema."),
    LOG_LEVEL: serviceConfigShape.LOG_LEVEL,
  }
  return readConfig(shape, env)
}

function environment(): Environment {
  return process.env
}
