export interface Failed {
  /** 1 after the first failure. */
  readonly attempt: number
  readonly retryAfterSeconds: number | null
  /** In [0, 1); passed in, so that the plan stays pure. */
  readonly random: number
}

export type RetryPlan =
  | { readonly kind: 'again'; readonly delayMs: number }
  /** Nobody waits in a run for this; the next scheduled sync comes no earlier. */
  | { readonly kind: 'give_up'; readonly notBeforeMs: number }

const baseMs = 500
const capMs = 30_000
const mostAttempts = 6
const longestWaitSeconds = 60

/** Exponential with full jitter; what Google asks for with Retry-After is never undercut. */
export function planRetry({ attempt, retryAfterSeconds, random }: Failed): RetryPlan {
  const asked = (retryAfterSeconds ?? 0) * 1000
  if (attempt >= mostAttempts || asked > longestWaitSeconds * 1000) {
    return { kind: 'give_up', notBeforeMs: Math.max(asked, capMs) }
  }
  const jittered = random * Math.min(capMs, baseMs * 2 ** attempt)
  return { kind: 'again', delayMs: Math.round(asked + jittered) }
}

/** For a run that was held back before Google was asked: no attempt of its own, so it waits as often as it must. Spread
 * over two seconds, because everybody who was held back waits for the same moment. */
export function waitForQuota(retryAfterSeconds: number, random: number): number {
  return Math.round(retryAfterSeconds * 1000 + random * 2000)
}
