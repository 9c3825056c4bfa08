import type { Api, QuotaLimits, QuotaUse } from '../quota/quota-book.ts'
import type { World } from '../world.ts'

export interface QuotaControl {
  /** Limits an API from now on, or with `null` no more; off by default. */
  setQuota(api: Api, limits: QuotaLimits | null): void
  /** What was used of limited APIs, by account and (`email: null`) by the project. */
  quotaUse(): readonly (Omit<QuotaUse, 'sub'> & { readonly email: string | null })[]
}

/** Quotas per minute and day. */
export function quotaControl({ quotas, state }: World): QuotaControl {
  return {
    setQuota(api, limits) {
      if (!['calendar', 'drive', 'gmail'].includes(api)) throw new Error(`no API ${String(api)}`)
      quotas.setLimits(api, limits)
    },
    quotaUse: () =>
      quotas.uses().map(({ sub, ...use }) => ({
        ...use,
        email: sub === null ? null : (state.accounts.get(sub)?.email ?? sub),
      })),
  }
}
