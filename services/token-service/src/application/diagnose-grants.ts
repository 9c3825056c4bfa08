import type { Clock } from '@evergrant/decider'
import { type Cohort, different, earliest, type LivingGrant, latest, type Trouble } from '../domain/cohort.ts'
import { actionFor, causeInWords } from '../domain/cohort-advice.ts'
import { diagnoseCohorts } from '../domain/cohort-diagnosis.ts'
import { refreshTokenLimit } from '../domain/refresh-token-limit.ts'

const dayMs = 86_400_000
/** Two rounds of the seven days that testing mode gives. */
const looksBackDays = 14
/** What is held in memory, whatever happens. */
const mostTroubles = 5_000
const mostLiving = 2_000
const mostAccounts = 50
const samples = 10

export interface DiagnosisDeps {
  readonly troubles: (range: { readonly since: Date; readonly limit: number }) => Promise<readonly Trouble[]>
  readonly living: (range: { readonly now: Date; readonly limit: number }) => Promise<readonly LivingGrant[]>
  readonly crowded: (range: { readonly now: Date; readonly limit: number }) => Promise<
    readonly {
      readonly accountId: string
      readonly refreshTokens: number
      readonly nextToGo: readonly string[]
    }[]
  >
  readonly clock: Clock
}

/** What many grants have in common, and which accounts come near the number of refresh tokens that Google keeps. */
export async function diagnoseGrants({ clock, ...read }: DiagnosisDeps) {
  const now = clock.now()
  const since = new Date(now.getTime() - looksBackDays * dayMs)
  const [troubles, living, accounts] = await Promise.all([
    read.troubles({ since, limit: mostTroubles }),
    read.living({ now, limit: mostLiving }),
    read.crowded({ now, limit: mostAccounts }),
  ])
  return {
    items: diagnoseCohorts({ troubles, living })
      .map((cohort) => viewOf(cohort, now))
      .toSorted((a, b) => b.count - a.count),
    crowdedAccounts: accounts.map((account) => ({
      reason: 'refresh_token_limit' as const,
      ...account,
      nextToGo: [...account.nextToGo],
      limit: refreshTokenLimit,
      action: { kind: 'contact_operator' as const, description: actionFor('refresh_token_limit') },
    })),
    lookedAt: { since: since.toISOString(), grants: troubles.length, all: troubles.length < mostTroubles },
  }
}

export type Diagnosis = Awaited<ReturnType<typeof diagnoseGrants>>

function viewOf({ reason, confidence, members }: Cohort, now: Date) {
  const until = latest(members)
  const [domain = null, ...others] = new Set(members.map((member) => member.domain))
  return {
    reason,
    confidence,
    cause: causeInWords(reason, confidence),
    action: { kind: 'contact_operator' as const, description: actionFor(reason) },
    count: different(members.map(({ grantId }) => grantId)),
    accounts: different(members.map(({ accountId }) => accountId)),
    domain: others.length === 0 ? domain : null,
    since: earliest(members),
    until,
    /** Whether it went on within the last day. */
    open: now.getTime() - Date.parse(until) <= dayMs,
    connectionIds: members.flatMap(({ connectionIds }) => connectionIds).slice(0, samples),
  }
}
