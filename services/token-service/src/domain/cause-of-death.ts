import type { ConnectionReason } from './connection-reason.ts'
import { displacedByNewer, type Siblings } from './refresh-token-limit.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Google ends refresh tokens of an application whose consent screen is still in testing after seven days. */
const testingModeMs = 7 * dayMs
/** An active grant is refreshed every hour; a day of silence around the seventh day still points to it. */
const testingModeSlackMs = 26 * hourMs
/** Google ends refresh tokens that nobody used for six months. */
const unusedMs = 182 * dayMs

export interface RefreshTokenLife {
  /** When the user consented and this refresh token came. */
  readonly since: string
  /** When it was used last with success. */
  readonly lastUsedAt: string | null
  /** Absent when nobody has counted them. */
  readonly siblings?: Siblings
}

/** Google says `invalid_grant` for many deaths. What the dates of this one say is told, and nothing beyond. */
export function causeOfDeath(
  { since, lastUsedAt, siblings }: RefreshTokenLife,
  now: string,
): ConnectionReason {
  const noticed = Date.parse(now)
  const lastAlive = Date.parse(lastUsedAt !== null && lastUsedAt > since ? lastUsedAt : since)
  const seventhDay = Date.parse(since) + testingModeMs
  const aroundIt =
    lastAlive <= seventhDay && seventhDay <= noticed && noticed - lastAlive <= testingModeSlackMs
  if (aroundIt) return 'consent_expired_testing_mode'
  if (noticed - lastAlive > unusedMs) return 'refresh_token_unused'
  return siblings !== undefined && displacedByNewer(siblings) ? 'refresh_token_limit' : 'revoked_at_google'
}

const deadly: ReadonlySet<ConnectionReason> = new Set<ConnectionReason>([
  'consent_expired_testing_mode',
  'refresh_token_unused',
  'refresh_token_limit',
  'revoked_at_google',
  'rotation_lost',
  'account_disabled',
])

/** Whether a grant that ended like this has no refresh token worth keeping. */
export function endsRefreshToken(reason: ConnectionReason | null): boolean {
  return reason !== null && deadly.has(reason)
}
