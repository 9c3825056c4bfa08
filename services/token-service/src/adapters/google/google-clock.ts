import type { Clock } from '@evergrant/decider'

/** A `Date` header has whole seconds; a smaller difference is no evidence. */
const resolutionMs = 1_500

export interface GoogleClock extends Clock {
  /** Learns from a response: Google's time, and when the request began on our clock. */
  observe(response: Response, startedAt: Date): void
}

/** Our clock corrected by Google's `Date` header, so that a host whose clock is wrong hands out no expired token. */
export function createGoogleClock(clock: Clock): GoogleClock {
  let offsetMs = 0
  return {
    now: () => new Date(clock.now().getTime() + offsetMs),
    observe: (response, startedAt) => {
      const said = Date.parse(response.headers.get('date') ?? '')
      if (Number.isNaN(said)) return
      // Said somewhere between request and answer: outside that window, and only there, the clocks differ.
      const early = said + resolutionMs < startedAt.getTime()
      const late = said - resolutionMs > clock.now().getTime()
      offsetMs = early ? said - startedAt.getTime() : late ? said - clock.now().getTime() : 0
    },
  }
}
