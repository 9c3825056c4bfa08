// What a killed consumer had fetched is delivered again after its ack wait of 30 s; then the work itself begins.
const deliveredAgainMs = 120_000

export interface Patience {
  /** What is waited for, for the message when it never comes. */
  readonly what: string | (() => string)
  readonly timeoutMs?: number
  readonly everyMs?: number
  /** True when waiting on is pointless. */
  readonly fatal?: () => boolean
}

/** Asks again until the answer is truthy. A throwing question counts as "not yet"; its last error is the cause. */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  { what, timeoutMs = deliveredAgainMs, everyMs = 50, fatal = () => false }: Patience,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (Date.now() > deadline || fatal()) {
      const waitedFor = typeof what === 'string' ? what : what()
      throw new Error(`waited ${timeoutMs} ms in vain for ${waitedFor}`, { cause })
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
