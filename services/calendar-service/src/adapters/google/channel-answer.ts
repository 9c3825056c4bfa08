import { z } from 'zod'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import type { Cost, GoogleApiOptions, GoogleCaller } from './google-call.ts'

export interface WebHookOptions extends GoogleApiOptions {
  /** Where Google is to call. */
  readonly address: string
}

/** A channel as Calendar and Drive answer with it (`api#channel`). */
export const channelSchema = z.looseObject({
  resourceId: z.string().min(1),
  // Milliseconds since the epoch, in text.
  expiration: z.coerce.number().int().positive().nullish(),
})

export function openedChannel({ resourceId, expiration }: z.output<typeof channelSchema>) {
  return { googleResourceId: resourceId, expiresAt: expiration == null ? null : new Date(expiration) }
}

/** Stops a channel; one that is gone already is stopped.
 * @throws SyncObstacle */
export async function closeChannel(
  google: GoogleCaller,
  cost: Cost,
  stop: (signal: AbortSignal) => Promise<{ data: unknown }>,
): Promise<void> {
  try {
    await google.read(z.unknown(), cost, stop)
  } catch (error) {
    if (!(error instanceof SyncObstacle) || error.word !== 'not_found') throw error
  }
}
