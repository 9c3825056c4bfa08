import type { Clock, Ids } from '@evergrant/decider'
import { v7 } from 'uuid'

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() }

/** UUIDv7: unique everywhere, sorted by creation. */
export const uuidv7Ids: Ids = { next: () => v7() }
