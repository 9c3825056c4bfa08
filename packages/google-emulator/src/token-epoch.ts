/** Whether a cursor that was expired on purpose answers 410 `fullSyncRequired` or 400 "Invalid sync token value.". */
export type ExpiredAnswer = 'full_sync_required' | 'invalid_sync_token'

/** Which sync tokens still count: older epochs get the answer Google gives for a token it has dropped. */
export interface TokenEpoch {
  readonly epoch: number
  readonly answer: ExpiredAnswer
}

/** Named after a revision, so that no epoch comes twice, not even after a reset. */
export const epochAt = (revision: number, answer: ExpiredAnswer = 'full_sync_required'): TokenEpoch => ({
  epoch: revision,
  answer,
})
