import { DomainError } from '@evergrant/decider'
import { isSchemaError } from '@evergrant/event-store'
import { SyncObstacle } from '../domain/sync-obstacle.ts'

/** What nobody foresaw, an unreachable database included, is tried again like an outage, and reported. */
export function obstacleFrom(
  error: unknown,
  onDefect: (error: unknown) => void,
): SyncObstacle | 'lease_lost' {
  if (error instanceof SyncObstacle) return error
  if (error instanceof DomainError) {
    if (error.code === 'lease_lost') return 'lease_lost'
    if (error.code === 'google_protocol_broken') {
      return new SyncObstacle(
        { word: 'google_protocol_broken', passing: true, retryAfterSeconds: null },
        error,
      )
    }
  }
  onDefect(error)
  if (isSchemaError(error)) {
    return new SyncObstacle({ word: 'schema_drift', passing: true, retryAfterSeconds: null }, error)
  }
  return new SyncObstacle({ word: 'internal_error', passing: true, retryAfterSeconds: null }, error)
}
