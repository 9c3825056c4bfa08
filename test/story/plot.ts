import type { ApiClient } from './api-client.ts'
import type { SeenEvent } from './bus-watch.ts'
import { eventually } from './eventually.ts'
import type { GoogleAccount } from './google-account.ts'
import type { RunningStack } from './running-stack.ts'

/** What the steps hand on to each other. */
export interface Plot {
  readonly stack: RunningStack
  readonly user: string
  readonly userToken: string
  readonly borrowerToken: string
  readonly operatorToken: string
  readonly api: ApiClient
  readonly borrower: ApiClient
  readonly google: GoogleAccount
  readonly events: readonly SeenEvent[]
  authorizationId: string
  connectionId: string
  generation: number
  changedEventId: string
}

export interface Step {
  readonly title: string
  readonly play: (plot: Plot) => Promise<string>
}

export function hold(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}

/** Waits for an event; `after` leaves out the first so many of all that were seen. */
export async function seen(
  plot: Plot,
  subject: string,
  about: (data: SeenEvent['data']) => boolean,
  after = 0,
): Promise<SeenEvent> {
  return eventually(
    () => plot.events.slice(after).find((event) => event.subject === subject && about(event.data)),
    { what: `${subject} on the bus` },
  )
}
