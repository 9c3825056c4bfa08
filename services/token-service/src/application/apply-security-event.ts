import type { Clock, Ids } from '@evergrant/decider'
import type { EventSubject, SecurityEvent } from '../domain/security-event.ts'
import type { HandleGrant } from './grant-commands.ts'

type TokenSubject = Extract<EventSubject, { kind: 'refresh_token' }>

/** What became of one event. */
export type SecurityEventOutcome = 'ended' | 'unchanged' | 'unknown_subject' | 'no_ending'

export interface SecurityEventDeps {
  readonly handle: HandleGrant
  /** The live grants of one account, whoever's they are. */
  readonly grantsOfAccount: (accountId: string) => Promise<readonly string[]>
  /** The one grant that holds this refresh token, and the generation it came with. */
  readonly grantOfToken: (
    token: TokenSubject,
  ) => Promise<{ readonly grantId: string; readonly generation: number } | undefined>
  readonly count: (outcome: SecurityEventOutcome) => void
  readonly clock: Clock
  readonly ids: Ids
}

/** Ends every grant that a security event speaks of; no replica lends their tokens any more, and Google is not asked.
 * A repeated delivery changes nothing, and neither does a token or account that is not ours: Google is not told which. */
export async function applySecurityEvent(deps: SecurityEventDeps, event: SecurityEvent): Promise<void> {
  deps.count(await outcomeOf(deps, event))
}

async function outcomeOf(deps: SecurityEventDeps, event: SecurityEvent): Promise<SecurityEventOutcome> {
  const { eventId, subject, occurredAt, reason } = event
  if (reason === null) return 'no_ending'
  const grants = await grantsOf(deps, subject)
  let ended = false
  for (const { grantId, ...token } of grants) {
    const { facts } = await deps.handle({
      grantId,
      commandId: `security-event/${eventId}`,
      metadata: { actor: { kind: 'google' }, correlationId: deps.ids.next() },
      command: { type: 'EndByProvider', now: deps.clock.now().toISOString(), reason, occurredAt, ...token },
    })
    ended ||= facts.length > 0
  }
  if (grants.length === 0) return 'unknown_subject'
  return ended ? 'ended' : 'unchanged'
}

async function grantsOf(
  deps: SecurityEventDeps,
  subject: EventSubject,
): Promise<readonly { readonly grantId: string; readonly refreshTokenGeneration?: number }[]> {
  if (subject.kind === 'account') {
    return (await deps.grantsOfAccount(subject.accountId)).map((grantId) => ({ grantId }))
  }
  const found = await deps.grantOfToken(subject)
  return found === undefined ? [] : [{ grantId: found.grantId, refreshTokenGeneration: found.generation }]
}
