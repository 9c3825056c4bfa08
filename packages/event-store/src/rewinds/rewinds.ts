import type { EventMessage } from '@evergrant/event-contracts'

/** What the bus holds of the service's own stream, from there on, oldest first; service-runtime joins the two. */
export type ReadPublished = (
  from: { readonly sequence: number } | { readonly since: Date },
) => AsyncIterable<EventMessage & { readonly sequence: number }>

/** A publication under a number that this database gives to another one, or has not given yet. */
export interface LostPublication {
  readonly streamId: string
  readonly version: number
  /** `ce-time`: tells it from one that was given the same number later. */
  readonly time: string
}

/** The database was put back to an earlier state: by a restore, or a standby that had not got everything. */
export interface Rewind {
  readonly foundAt: Date
  /** How many streams had said more than they know now, and how much more in all. */
  readonly streams: number
  readonly publications: number
}
