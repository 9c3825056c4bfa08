import { SyncObstacle } from '../../domain/sync-obstacle.ts'

/**
 * Calendar says at the end of a list where changes go on from; Gmail and Drive have to be asked before the list
 * begins, or what changes meanwhile is lost. That start travels in our page tokens, so that a walk that
 * is resumed by another process ends at the same place.
 */
export interface PagePosition {
  readonly start: string
  /** Google's own page token; null for the first page. */
  readonly pageToken: string | null
}

export function pageTokenOf(start: string, pageToken: string): string {
  return JSON.stringify([start, pageToken])
}

/** @throws SyncObstacle `rejected_by_google` for what is not ours: the pass then starts over. */
export function positionOf(text: string): PagePosition {
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch (cause) {
    throw unusable(cause)
  }
  const [start, pageToken] = Array.isArray(parts) ? parts : []
  if (typeof start !== 'string' || typeof pageToken !== 'string') throw unusable()
  return { start, pageToken }
}

function unusable(cause?: unknown): SyncObstacle {
  return new SyncObstacle({ word: 'rejected_by_google', passing: false, retryAfterSeconds: null }, cause)
}
