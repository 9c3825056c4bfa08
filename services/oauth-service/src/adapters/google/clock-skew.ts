/** Google's clock minus ours, learnt from the `Date` header of whatever it answers. */
export interface ClockSkew {
  learn(response: Response, sentAt: Date): void
  /** Null before the first answer. */
  seconds(): number | null
}

/** `Date` has whole seconds and says when the answer was made, some time after `sentAt`. */
export function createClockSkew(): ClockSkew {
  let seconds: number | null = null
  return {
    learn: (response, sentAt) => {
      const date = Date.parse(response.headers.get('date') ?? '')
      if (!Number.isNaN(date)) seconds = Math.floor(date / 1000) - Math.floor(sentAt.getTime() / 1000)
    },
    seconds: () => seconds,
  }
}
