/** A stream that did not change for a while. */
export interface OldStream {
  readonly streamId: string
  /** Its last fact is one after which nothing follows. */
  readonly ended: boolean
  /** Something of it has not gone out. */
  readonly unpublished: boolean
  /** What has not gone out can never go out as it is. */
  readonly parked: boolean
}

/** Why an old stream stays: `not_ended` is still under way, `unpublished` and `parked` are owed to others, `rows` is what
 * its service keeps or somebody works on at the moment. */
export type Kept = 'not_ended' | 'unpublished' | 'parked' | 'rows'

/** Why an old stream has to stay; null when the log has no reason to keep it. */
export function judgeOldStream({ ended, unpublished, parked }: OldStream): Exclude<Kept, 'rows'> | null {
  if (!ended) return 'not_ended'
  if (parked) return 'parked'
  return unpublished ? 'unpublished' : null
}
