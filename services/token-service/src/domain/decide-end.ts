import type { EndByProvider, Reclassify } from './grant-commands.ts'
import type { GrantFact } from './grant-facts.ts'
import type { Grant, GrantState } from './grant-state.ts'

/** The provider says by itself that a grant is over. Events arrive late and repeatedly: what happened before the user's
 * latest consent says nothing about it. */
export function endByProvider(command: EndByProvider, grant: GrantState): readonly GrantFact[] {
  if (grant.status !== 'live') return []
  if (!isAboutUs(command, grant)) return []
  const { reason, now } = command
  return [
    { type: 'ReauthorizationRequired', data: { generation: grant.generation, reason, requiredAt: now } },
  ]
}

/** A token named by its hash is that one or another; the times of an account say which of its tokens are meant. */
function isAboutUs({ refreshTokenGeneration, occurredAt }: EndByProvider, grant: Grant): boolean {
  if (refreshTokenGeneration !== undefined) return refreshTokenGeneration === grant.refreshTokenGeneration
  return grant.refreshTokenSince === null || grant.refreshTokenSince <= occurredAt
}

/** Brings back a grant that only the old rule had ended; a consent or anything else since then has the last word. */
export function reclassify(command: Reclassify, grant: GrantState): readonly GrantFact[] {
  if (grant.status !== 'needs_reauthorization' || grant.generation !== command.generation) return []
  if (grant.refresh.status !== 'failed' || grant.refresh.failureClass !== command.from) return []
  const { generation, attemptId, from, to, now } = command
  return [{ type: 'FailureReclassified', data: { generation, attemptId, from, to, reclassifiedAt: now } }]
}
