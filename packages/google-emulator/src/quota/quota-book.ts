import { createSlidingMinute, type SlidingMinute } from './sliding-minute.ts'

export type Api = 'calendar' | 'drive' | 'gmail'

/** What is not said is not limited. Calls cost one unit; Gmail's cost what its quota page says. */
export interface QuotaLimits {
  readonly perMinutePerUser?: number
  readonly perMinutePerProject?: number
  /** Calendar's limit against spam: beyond it writes answer `quotaExceeded` until the next day (UTC), reads go on. */
  readonly writesPerUserPerDay?: number
  /** Google answers a full minute with 403 or with 429, and says not when. 403 by default, 429 for Gmail. */
  readonly status?: 403 | 429
  readonly retryAfterSeconds?: number
}

export interface QuotaUse {
  readonly api: Api
  /** `null` is the whole project. */
  readonly sub: string | null
  /** The most units within any minute since limits were set. */
  readonly peakPerMinute: number
  readonly refused: number
}

export type Refusal = 'user_minute' | 'project_minute' | 'user_day'

export interface Spending {
  readonly api: Api
  readonly sub: string
  readonly units: number
  readonly isWrite: boolean
  readonly now: number
}

export interface QuotaBook {
  /** Starts counting anew; `null` takes the limits away. */
  setLimits(api: Api, limits: QuotaLimits | null): void
  limitsOf(api: Api): QuotaLimits | undefined
  /** Counts a call, or says which limit stands against it: a refused call costs nothing. */
  spend(spending: Spending): Refusal | undefined
  uses(): readonly QuotaUse[]
  clear(): void
}

interface Account {
  readonly api: Api
  readonly sub: string | null
  readonly minute: SlidingMinute
  readonly writesByDay: Map<string, number>
  refused: number
}

/** No limits at first. */
export function createQuotaBook(): QuotaBook {
  const limits = new Map<Api, QuotaLimits>()
  const accounts = new Map<string, Account>()

  function accountOf(api: Api, sub: string | null): Account {
    const key = `${api} ${sub ?? ''}`
    const known = accounts.get(key)
    if (known) return known
    const account = { api, sub, minute: createSlidingMinute(), writesByDay: new Map(), refused: 0 }
    accounts.set(key, account)
    return account
  }

  function forget(api: Api): void {
    for (const [key, account] of accounts) if (account.api === api) accounts.delete(key)
  }

  return {
    setLimits(api, wanted) {
      forget(api)
      if (wanted === null) limits.delete(api)
      else limits.set(api, wanted)
    },
    limitsOf: (api) => limits.get(api),
    spend(spending) {
      const limit = limits.get(spending.api)
      if (!limit) return undefined
      const [user, project] = [accountOf(spending.api, spending.sub), accountOf(spending.api, null)]
      const day = new Date(spending.now).toISOString().slice(0, 10)
      const refusal = refusalOf(limit, { user, project, day }, spending)
      if (refusal !== undefined) {
        user.refused += 1
        project.refused += 1
        return refusal
      }
      user.minute.spend(spending.units, spending.now)
      project.minute.spend(spending.units, spending.now)
      if (spending.isWrite) user.writesByDay.set(day, (user.writesByDay.get(day) ?? 0) + 1)
      return undefined
    },
    uses: () =>
      [...accounts.values()].map(({ api, sub, minute, refused }) => ({
        api,
        sub,
        peakPerMinute: minute.peak(),
        refused,
      })),
    clear() {
      limits.clear()
      accounts.clear()
    },
  }
}

function refusalOf(
  limit: QuotaLimits,
  { user, project, day }: { readonly user: Account; readonly project: Account; readonly day: string },
  { units, isWrite, now }: Spending,
): Refusal | undefined {
  const isOver = (spent: number, most = Number.POSITIVE_INFINITY) => spent > most
  if (isWrite && isOver((user.writesByDay.get(day) ?? 0) + 1, limit.writesPerUserPerDay)) return 'user_day'
  if (isOver(user.minute.spent(now) + units, limit.perMinutePerUser)) return 'user_minute'
  if (isOver(project.minute.spent(now) + units, limit.perMinutePerProject)) return 'project_minute'
  return undefined
}
