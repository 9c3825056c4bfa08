import { contracts, type PublicEvent } from '@evergrant/event-contracts'
import type { EventHandler, EventHandlers, FactMetadata } from '@evergrant/event-store'
import { noteLostRefreshToken, noteMissingScopes } from '../../application/note-lost-refresh-token.ts'

const onGrantRevoked: EventHandler = async (event, unit) => {
  const { grantId, reason, revokedAt } = contracts.grantRevoked.schema.parse(event.data)
  await noteLostRefreshToken(unit, { grantId, reason, lostAt: revokedAt }, metadataOf(event))
}

const onReauthorizationRequired: EventHandler = async (event, unit) => {
  const { grantId, reason, requiredAt } = contracts.reauthorizationRequired.schema.parse(event.data)
  await noteLostRefreshToken(unit, { grantId, reason, lostAt: requiredAt }, metadataOf(event))
}

const onConnectionChanged: EventHandler = async (event, unit) => {
  const { connection, changedAt } = contracts.connectionChanged.schema.parse(event.data)
  const { grantId, missingScopes: scopes } = connection
  if (scopes.length === 0) return
  await noteMissingScopes(unit, { grantId, scopes, missingSince: changedAt }, metadataOf(event))
}

/** What token-service says about the end of refresh tokens, and of what they are good for. */
export const tokenStreamHandlers: EventHandlers = {
  [contracts.grantRevoked.subject]: onGrantRevoked,
  [contracts.reauthorizationRequired.subject]: onReauthorizationRequired,
  [contracts.connectionChanged.subject]: onConnectionChanged,
}

function metadataOf({ attributes }: PublicEvent): FactMetadata {
  const { source, streamId, version, correlationId, traceparent } = attributes
  const causationId = `${source}/${streamId}@${version}`
  return {
    actor: { kind: 'service', id: source },
    correlationId: correlationId ?? causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  }
}
