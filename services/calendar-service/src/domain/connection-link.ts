import type { Decider } from '@evergrant/decider'
import type { Account, ConnectionStatus, Service } from '@evergrant/event-contracts'
import { missingScopes, requiredScopes } from '@evergrant/event-contracts'

/**
 * What calendar-service knows of one connection, whichever Google service it is for: expected (consent was given, token-service has not spoken
 * yet) → active ⇄ paused. Only token-service makes it active, because only then there is a token to work with.
 */
export type ConnectionLink =
  | { readonly status: 'none' }
  | { readonly status: 'expected' }
  | { readonly status: 'active'; readonly activeSince: string }
  | { readonly status: 'paused'; readonly reason: string }

export interface LinkIdentity {
  readonly connectionId: string
  readonly userId: string
  readonly grantId: string
  readonly account: Account
  /** Facts from when there were only calendars do not name one. */
  readonly service?: Service
}

export type ConnectionLinkCommand =
  /** oauth-service: a user consented. */
  | { readonly type: 'ExpectConnection'; readonly identity: LinkIdentity; readonly issuedAt: string }
  /** token-service: how the connection stands. */
  | {
      readonly type: 'NoteConnection'
      readonly identity: LinkIdentity
      readonly status: ConnectionStatus
      readonly reason: string | null
      readonly scopes: readonly string[]
      readonly changedAt: string
    }

export type ConnectionLinkFact =
  | { readonly type: 'ConnectionExpected'; readonly data: LinkIdentity & { readonly issuedAt: string } }
  | { readonly type: 'ConnectionActivated'; readonly data: LinkIdentity & { readonly activatedAt: string } }
  | {
      readonly type: 'ConnectionPaused'
      readonly data: LinkIdentity & { readonly reason: string; readonly pausedAt: string }
    }
  /** The user consented again although it worked; what Google shows may have changed. */
  | { readonly type: 'ConnectionRenewed'; readonly data: LinkIdentity & { readonly renewedAt: string } }

export const connectionLinkDecider: Decider<ConnectionLink, ConnectionLinkCommand, ConnectionLinkFact> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: ConnectionLinkCommand, link: ConnectionLink): readonly ConnectionLinkFact[] {
  const { identity } = command
  if (command.type === 'ExpectConnection') {
    const { issuedAt } = command
    if (link.status === 'none') return [{ type: 'ConnectionExpected', data: { ...identity, issuedAt } }]
    // The two publishers do not wait for each other: news older than the activation is already in it.
    const isNews = link.status === 'active' && issuedAt > link.activeSince
    return isNews ? [{ type: 'ConnectionRenewed', data: { ...identity, renewedAt: issuedAt } }] : []
  }
  const { changedAt } = command
  const obstacle = obstacleOf(command)
  if (obstacle === 'unclear') return []
  if (obstacle === null) {
    return link.status === 'active'
      ? []
      : [{ type: 'ConnectionActivated', data: { ...identity, activatedAt: changedAt } }]
  }
  if (link.status === 'paused' && link.reason === obstacle) return []
  return [{ type: 'ConnectionPaused', data: { ...identity, reason: obstacle, pausedAt: changedAt } }]
}

/** Why nothing can be synced; null when it can; `unclear` when token-service cannot say either. */
function obstacleOf(
  command: Extract<ConnectionLinkCommand, { type: 'NoteConnection' }>,
): string | null | 'unclear' {
  if (command.status === 'unknown') return 'unclear'
  if (command.status === 'active' || command.status === 'missing_scopes') {
    // A connection that lacks only the right to write can still be read.
    const missing = missingScopes(
      requiredScopes(command.identity.service ?? 'calendar', 'read'),
      command.scopes,
    )
    return missing.length === 0 ? null : 'missing_scopes'
  }
  return command.status === 'disconnected' ? 'disconnected' : (command.reason ?? command.status)
}

function evolve(link: ConnectionLink, fact: ConnectionLinkFact): ConnectionLink {
  switch (fact.type) {
    case 'ConnectionExpected':
      return { status: 'expected' }
    case 'ConnectionActivated':
      return { status: 'active', activeSince: fact.data.activatedAt }
    case 'ConnectionRenewed':
      return { status: 'active', activeSince: fact.data.renewedAt }
    case 'ConnectionPaused':
      return { status: 'paused', reason: fact.data.reason }
    default:
      return link
  }
}
