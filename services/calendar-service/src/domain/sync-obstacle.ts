import { failureWords } from './google-failure.ts'

export const obstacleWords = [
  ...failureWords,
  'needs_reauthorization',
  'disconnected',
  'unknown_connection',
  'token_unavailable',
  'waiting_for_quota',
  'schema_drift',
  'google_protocol_broken',
  'sync_cursor_rejected',
  'internal_error',
] as const
export type ObstacleWord = (typeof obstacleWords)[number]

/** What keeps a resource from being synced right now, in one stable word. */
export class SyncObstacle extends Error {
  readonly word: ObstacleWord
  /** Trying the same again later can help. */
  readonly passing: boolean
  readonly retryAfterSeconds: number | null

  constructor(
    obstacle: {
      readonly word: ObstacleWord
      readonly passing: boolean
      readonly retryAfterSeconds: number | null
    },
    cause?: unknown,
  ) {
    super(`The sync cannot go on: ${obstacle.word}.`, cause === undefined ? undefined : { cause })
    this.name = 'SyncObstacle'
    this.word = obstacle.word
    this.passing = obstacle.passing
    this.retryAfterSeconds = obstacle.retryAfterSeconds
  }
}
