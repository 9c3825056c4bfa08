import {
  type Cohort,
  type CohortReason,
  type Confidence,
  different,
  earliest,
  type LivingGrant,
  latest,
  type Trouble,
} from './cohort.ts'
import { densestWindows, groupedBy } from './densest-windows.ts'

/*
 * Google says `invalid_grant` for most deaths, and one grant alone tells little. Many together do: when they died, how
 * old they were, whose they were, and who lived through it. The rules run from what Google said itself to what is only
 * the best guess; a grant belongs to the first cohort that explains it, and what nothing explains is left alone, as
 * people take back their access every day.
 */

const hourMs = 3_600_000
/** Grants in use are refreshed every hour, so what happened at one moment is noticed within one; and some delay. */
const momentMs = 2 * hourMs
const testingMode = { fromMs: 7 * 24 * hourMs, untilMs: (7 * 24 + 26) * hourMs }

interface Evidence {
  readonly troubles: readonly Trouble[]
  readonly living: readonly LivingGrant[]
}
type Rule = (evidence: Evidence) => readonly Cohort[]

const rules: readonly Rule[] = [
  saidByGoogle('client_misconfigured', 1, ({ client }) => client),
  saidByGoogle('admin_policy', 2, ({ client, domain }) => key(client, domain ?? '')),
  saidByGoogle('session_control', 2, ({ client, domain }) => key(client, domain ?? '')),
  saidByGoogle('account_disabled', 3, ({ client, domain }) => key(client, domain ?? '')),
  displaced,
  inTestingMode,
  passwordOfOneAccount,
  everyGrantOfAClient,
  oneDomainAtOnce,
  onlyThoseWithGmail,
]

/** Which troubles have one cause. Pure; everything it says follows from its arguments. */
export function diagnoseCohorts({ troubles, living }: Evidence): Cohort[] {
  let rest = troubles
  return rules.flatMap((rule) => {
    const found = rule({ troubles: rest, living })
    const explained = new Set(found.flatMap(({ members }) => members))
    rest = rest.filter((trouble) => !explained.has(trouble))
    return found
  })
}

function saidByGoogle(reason: CohortReason, atLeast: number, keyOf: (trouble: Trouble) => string): Rule {
  return ({ troubles }) => {
    const said = troubles.filter((trouble) => trouble.reason === reason)
    return groupedBy(said, keyOf)
      .filter((members) => members.length >= atLeast)
      .map((members) => cohort(reason, 'certain', members))
  }
}

/** Counted when they died; what others got with the same client nobody here sees. */
function displaced({ troubles }: Evidence): Cohort[] {
  const dead = troubles.filter(({ reason }) => reason === 'refresh_token_limit')
  return groupedBy(dead, ({ client, accountId }) => key(client, accountId)).map((members) =>
    cohort('refresh_token_limit', 'likely', members),
  )
}

function inTestingMode({ troubles, living }: Evidence): Cohort[] {
  return groupedBy(troubles.filter(diedOnTheSeventhDay), ({ client }) => client).flatMap((members) => {
    if (members.length < 3) return []
    const first = members.reduce((least, { tokenSince }) => min(least, tokenSince), members[0]?.tokenSince)
    const older = livingOf(members, living).filter(outlivedTesting)
    // Consented to no earlier, and outlived it: the application was published all that time.
    if (older.some(({ tokenSince }) => tokenSince !== null && tokenSince >= (first ?? ''))) return []
    return cohort('consent_expired_testing_mode', older.length > 0 ? 'possible' : 'likely', members)
  })
}

function diedOnTheSeventhDay({ reason, began, tokenSince }: Trouble): boolean {
  if (reason === 'consent_expired_testing_mode') return true
  if (reason !== 'revoked_at_google' || tokenSince === null) return false
  const age = Date.parse(began) - Date.parse(tokenSince)
  return age >= testingMode.fromMs && age <= testingMode.untilMs
}

function outlivedTesting({ tokenSince, lastRefreshedAt }: LivingGrant): boolean {
  if (tokenSince === null || lastRefreshedAt === null) return false
  return Date.parse(lastRefreshedAt) - Date.parse(tokenSince) > testingMode.untilMs
}

/** A changed password ends every refresh token with Gmail scopes, and no other of the same account. */
function passwordOfOneAccount({ troubles }: Evidence): Cohort[] {
  const withGmail = unexplained(troubles).filter(
    (trouble) => trouble.withGmail && trouble.survivorsWithoutGmail > 0,
  )
  return groupedBy(withGmail, ({ client, accountId }) => key(client, accountId)).flatMap((group) =>
    densestWindows(group, { windowMs: momentMs, atLeast: 2 }).map((members) =>
      cohort('password_changed', 'likely', members),
    ),
  )
}

/** Accounts that have nothing to do with each other, and hardly a grant that lived through it. */
function everyGrantOfAClient({ troubles, living }: Evidence): Cohort[] {
  return groupedBy(unexplained(troubles), ({ client }) => client).flatMap((group) =>
    densestWindows(group, { windowMs: momentMs, atLeast: 5 })
      .filter((members) => different(members.map(({ domain, accountId }) => domain ?? accountId)) >= 2)
      .filter((members) => survivors(members, living).length * 20 <= members.length)
      .map((members) =>
        cohort(
          'client_changed',
          members.every(({ withGmail }) => withGmail) ? 'possible' : 'likely',
          members,
        ),
      ),
  )
}

function oneDomainAtOnce({ troubles, living }: Evidence): Cohort[] {
  const inDomains = unexplained(troubles).filter(({ domain }) => domain !== null)
  return groupedBy(inDomains, ({ client, domain }) => key(client, domain ?? '')).flatMap((group) =>
    densestWindows(group, { windowMs: momentMs, atLeast: 3 }).flatMap((members) => {
      const alive = survivors(members, living)
      const colleagues = alive.filter(({ domain }) => domain === members[0]?.domain)
      if (different(members.map(({ accountId }) => accountId)) < 2) return []
      if (colleagues.length * 2 > members.length) return []
      const elsewhere = alive.length > colleagues.length
      return cohort('admin_policy', elsewhere && colleagues.length === 0 ? 'likely' : 'possible', members)
    }),
  )
}

/** Many accounts at once, all with Gmail, while grants without it live on: passwords that were reset together. */
function onlyThoseWithGmail({ troubles, living }: Evidence): Cohort[] {
  return groupedBy(unexplained(troubles), ({ client }) => client).flatMap((group) =>
    densestWindows(group, { windowMs: momentMs, atLeast: 3 }).flatMap((members) => {
      const alive = survivors(members, living)
      const without = alive.filter(({ withGmail }) => !withGmail).length
      if (members.some(({ withGmail }) => !withGmail) || without === 0) return []
      if (alive.length - without > members.length) return []
      return cohort('password_changed', 'possible', members)
    }),
  )
}

function unexplained(troubles: readonly Trouble[]): Trouble[] {
  return troubles.filter(({ reason }) => reason === 'revoked_at_google')
}

/** Consented to before it happened, and refreshed after. */
function survivors(members: readonly Trouble[], living: readonly LivingGrant[]): LivingGrant[] {
  const since = earliest(members)
  const until = latest(members)
  return livingOf(members, living).filter(
    ({ tokenSince, lastRefreshedAt }) =>
      tokenSince !== null && tokenSince < since && lastRefreshedAt !== null && lastRefreshedAt > until,
  )
}

function livingOf([first]: readonly Trouble[], living: readonly LivingGrant[]): LivingGrant[] {
  return living.filter(({ client }) => client === first?.client)
}

function cohort(reason: CohortReason, confidence: Confidence, members: readonly Trouble[]): Cohort {
  return { reason, confidence, members }
}

function key(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

function min(one: string | null | undefined, other: string | null): string | null {
  if (one === null || one === undefined) return other
  return other === null || one < other ? one : other
}
