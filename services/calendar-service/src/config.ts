import {
  type Environment,
  isLoopback,
  readConfig,
  runtimeErrors,
  serviceConfigShape,
} from '@evergrant/service-runtime'
import { z } from 'zod'
import type { Quotas } from './application/ports.ts'

const units = (usual: number, least = 1) =>
  z.coerce.number().int().min(least).max(1_000_000_000).default(usual)

// Google's numbers for projects made since May 2026, which are the lower ones (domain/call-costs.ts says where they are from).
const quotaShape = {
  CALENDAR_REQUESTS_PER_MINUTE: units(10_000).describe('Google Calendar requests a minute, in all.'),
  CALENDAR_REQUESTS_PER_MINUTE_PER_USER: units(600).describe(
    'Google Calendar requests a minute for one account.',
  ),
  GMAIL_UNITS_PER_MINUTE: units(1_200_000, 1_000).describe('Gmail quota units a minute, in all.'),
  GMAIL_UNITS_PER_MINUTE_PER_USER: units(6_000, 1_000).describe(
    'Gmail quota units a minute for one account; 15000 for a Google project from before May 2026.',
  ),
  GMAIL_UNITS_PER_MESSAGE: units(20).describe(
    'Gmail quota units a message costs; 5 for a Google project from before May 2026.',
  ),
  DRIVE_UNITS_PER_MINUTE: units(1_000_000, 1_000).describe('Google Drive quota units a minute, in all.'),
  DRIVE_UNITS_PER_MINUTE_PER_USER: units(325_000, 1_000).describe(
    'Google Drive quota units a minute for one account.',
  ),
  WRITE_QUOTA_WAIT_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(30)
    .default(5)
    .describe('How long a write waits for quota before it is answered 429.'),
} as const

const gmailPushShape = {
  GMAIL_PUBSUB_TOPIC: z
    .string()
    .regex(/^projects\/[^/]+\/topics\/[^/]+$/, { error: 'must look like projects/<project>/topics/<topic>' })
    .optional()
    .describe('The Pub/Sub topic Gmail publishes to; without one mailboxes are read by age and on request.'),
  GMAIL_PUSH_SERVICE_ACCOUNT: z
    .email()
    .optional()
    .describe('The service account the push subscription of that topic signs as; needed with the topic.'),
  GMAIL_PUSH_ISSUER: z
    .url()
    .default('https://accounts.google.com')
    .describe('Who issues the tokens of push subscriptions.'),
  GMAIL_PUSH_JWKS_URI: z
    .url()
    .default('https://www.googleapis.com/oauth2/v3/certs')
    .describe('The keys those tokens are signed with.'),
} as const

const calendarConfigShape = {
  ...serviceConfigShape,
  GOOGLE_API_ROOT_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).protocol === 'https:' || isLoopback(new URL(url).hostname), {
      error: 'must be https, or http on a loopback address',
    })
    .default('https://www.googleapis.com')
    .describe('Where the Google APIs are (the googleapis rootUrl).'),
  ...quotaShape,
  ...gmailPushShape,
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
    .describe('Age at which a copy is synced again without being asked.'),
  SYNC_BACKSTOP_AFTER_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(900)
    .describe('The same for a copy of which Google says when it changes: what it says may get lost.'),
  SYNC_RECORDS_KEPT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_650)
    .default(14)
    .describe('How long the record of a sync is kept after its end; 0 keeps all for ever.'),
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

/** What may be asked of Google within a minute. */
export function quotasOf(config: CalendarConfig): Quotas {
  return {
    calendar: {
      user: config.CALENDAR_REQUESTS_PER_MINUTE_PER_USER,
      project: config.CALENDAR_REQUESTS_PER_MINUTE,
    },
    gmail: { user: config.GMAIL_UNITS_PER_MINUTE_PER_USER, project: config.GMAIL_UNITS_PER_MINUTE },
    drive: { user: config.DRIVE_UNITS_PER_MINUTE_PER_USER, project: config.DRIVE_UNITS_PER_MINUTE },
  }
}

export interface GmailPush {
  readonly topic: string
  readonly serviceAccount: string
  readonly issuer: string
  readonly jwksUri: string
  /** Also the address a push subscription sends to, which is Pub/Sub's audience unless told otherwise. */
  readonly audience: string
}

/** How Gmail tells us of news; null when no topic is configured.
 * @throws DomainError `invalid_config` for a topic without the service account that speaks for it. */
export function gmailPushOf(config: CalendarConfig): GmailPush | null {
  const { GMAIL_PUBSUB_TOPIC: topic, GMAIL_PUSH_SERVICE_ACCOUNT: serviceAccount } = config
  if (topic === undefined) return null
  if (serviceAccount === undefined) {
    const message =
      'The configuration is not valid: GMAIL_PUSH_SERVICE_ACCOUNT is required with GMAIL_PUBSUB_TOPIC.'
    throw runtimeErrors.invalid_config({ message })
  }
  return {
    topic,
    serviceAccount,
    issuer: config.GMAIL_PUSH_ISSUER,
    jwksUri: config.GMAIL_PUSH_JWKS_URI,
    audience: new URL('/v1/google/notifications/gmail', config.PUBLIC_URL).href,
  }
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
