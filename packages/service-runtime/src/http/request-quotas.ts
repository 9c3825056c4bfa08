import type { LimitClass } from './limit-class.ts'
import type { Allowance } from './token-bucket.ts'

/** An allowance, and the words in which it was given. */
export interface Quota extends Allowance {
  readonly requests: number
  readonly windowSeconds: number
}

/** Null: not limited. */
export type RequestQuotas = Readonly<Record<LimitClass, Quota | null>>

const perSecondBurst = 5

/** The limits as the environment gives them; 0 is off, and so is what a process does not know, as the gateway its callers. What is counted by the second may come five seconds' worth at once. */
export function requestQuotasFrom(config: {
  readonly RATE_LIMIT_COMMANDS_PER_MINUTE?: number
  readonly RATE_LIMIT_COMMANDS_BURST?: number
  readonly RATE_LIMIT_READS_PER_SECOND?: number
  readonly RATE_LIMIT_STRANGERS_PER_SECOND?: number
}): RequestQuotas {
  const perSecond = (requests = 0) => quota(requests, 1, requests * perSecondBurst)
  return {
    commands: quota(config.RATE_LIMIT_COMMANDS_PER_MINUTE ?? 0, 60, config.RATE_LIMIT_COMMANDS_BURST ?? 1),
    reads: perSecond(config.RATE_LIMIT_READS_PER_SECOND),
    strangers: perSecond(config.RATE_LIMIT_STRANGERS_PER_SECOND),
  }
}

function quota(requests: number, windowSeconds: number, burst: number): Quota | null {
  if (requests === 0) return null
  return { requests, windowSeconds, burst, intervalMs: (windowSeconds * 1000) / requests }
}
