import { readCalendarConfig } from '../config.ts'
import type { CalendarServiceOptions } from '../service-options.ts'

/** What a spec may set for one replica, beside what its code takes. */
export interface ReplicaSettings {
  readonly staleAfterSeconds?: number | undefined
  readonly publicUrl?: string | undefined
  readonly lanes?: number | undefined
  /** As config names it; off unless given. */
  readonly gmailPush?: { readonly topic: string; readonly serviceAccount: string } | undefined
  /** Quotas that matter to the spec, as config names them; the others are out of the way. */
  readonly quotas?: Readonly<Record<string, number>> | undefined
}

export type ReplicaOptions = CalendarServiceOptions & ReplicaSettings

// A spec asks for more in its first seconds than Google lets one account have in a minute.
const plenty = 1_000_000_000
const quotasOutOfTheWay = {
  CALENDAR_REQUESTS_PER_MINUTE: plenty,
  CALENDAR_REQUESTS_PER_MINUTE_PER_USER: plenty,
  GMAIL_UNITS_PER_MINUTE: plenty,
  GMAIL_UNITS_PER_MINUTE_PER_USER: plenty,
  DRIVE_UNITS_PER_MINUTE: plenty,
  DRIVE_UNITS_PER_MINUTE_PER_USER: plenty,
}

/** The configuration of a replica in the given environment. */
export function replicaConfig(
  environment: Readonly<Record<string, string>>,
  { staleAfterSeconds = 3600, lanes = 2, publicUrl, quotas = {}, gmailPush }: ReplicaSettings,
) {
  const googleUrl = environment.GOOGLE_API_ROOT_URL ?? ''
  const config = readCalendarConfig({
    ...environment,
    SYNC_STALE_AFTER_SECONDS: String(staleAfterSeconds),
    SYNC_LANES: String(lanes),
    ...(gmailPush === undefined
      ? {}
      : {
          GMAIL_PUBSUB_TOPIC: gmailPush.topic,
          GMAIL_PUSH_SERVICE_ACCOUNT: gmailPush.serviceAccount,
          GMAIL_PUSH_ISSUER: googleUrl,
          GMAIL_PUSH_JWKS_URI: `${googleUrl}/oauth2/v3/certs`,
        }),
    ...Object.fromEntries(
      Object.entries({ ...quotasOutOfTheWay, ...quotas }).map(([name, units]) => [name, String(units)]),
    ),
  })
  // Without a public address nobody is told to push: most specs want to see exactly what they asked for. It is set past
  // the check that a development issuer stays on this machine.
  return { ...config, PUBLIC_URL: publicUrl ?? 'http://evergrant.test' }
}
