import type { Caller } from '@evergrant/service-runtime'
import type { ConnectionCard } from '../../application/ports.ts'
import { tokenErrors } from '../../domain/errors.ts'

/** Somebody else's connection looks exactly like none at all; only an administrator sees every one.
 * @throws DomainError `connection_not_found`. */
export function ownConnection(caller: Caller, card: ConnectionCard | undefined): ConnectionCard {
  const theirs = card !== undefined && (card.grant.userId === caller.sub || caller.scopes.includes('admin'))
  if (!theirs) throw tokenErrors.connection_not_found()
  return card
}
