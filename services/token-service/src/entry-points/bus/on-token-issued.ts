import { contracts, type PublicEvent } from '@evergrant/event-contracts'
import type { EventHandlers, FactMetadata } from '@evergrant/event-store'
import { type IssuedTokens, type ReceiveTokensDeps, receiveTokens } from '../../application/receive-tokens.ts'

/** Opens what was sealed to this service; wired in service.ts. */
type OpenSealedTokens = (
  sealed: string,
  subject: { readonly authorizationId: string; readonly grantId: string },
) => Promise<IssuedTokens>

/** A user granted access: the tokens enter the vault, the connections open. */
export function oauthStreamHandlers(
  deps: ReceiveTokensDeps & { readonly open: OpenSealedTokens },
): EventHandlers {
  return {
    [contracts.tokenIssued.subject]: async (event, unit) => {
      const issued = contracts.tokenIssued.schema.parse(event.data)
      const { accessToken, refreshToken } = await deps.open(issued.sealedTokens, issued)
      await receiveTokens(
        deps,
        issued,
        { accessToken, refreshToken },
        { unit, metadata: metadataFor(event, issued.userId) },
      )
    },
  }
}

function metadataFor({ attributes }: PublicEvent, userId: string): FactMetadata {
  const { source, streamId, version, correlationId, traceparent } = attributes
  const causationId = `${source}/${streamId}@${version}`
  return {
    actor: { kind: 'user', id: userId },
    correlationId: correlationId ?? causationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  }
}
