import type { Clock, Ids } from '@evergrant/decider'
import type { Database } from '@evergrant/event-store'
import type { Metrics } from '@evergrant/service-runtime'
import { createSecurityEventTokens } from './adapters/google/security-event-tokens.ts'
import { grantOfToken } from './adapters/vault/marked-vault.ts'
import type { SecurityEventDeps } from './application/apply-security-event.ts'
import type { HandleGrant } from './application/grant-commands.ts'
import type { TokenConfig } from './config.ts'
import type { SecurityEvent } from './domain/security-event.ts'
import type { GrantQueries } from './projections/grant-state.ts'

/** What the receiver of Google's security events needs. */
export function createSecurityEvents(
  config: TokenConfig,
  outside: {
    readonly database: Database
    readonly metrics: Metrics
    readonly handle: HandleGrant
    readonly grants: GrantQueries
    readonly clock: Clock
    readonly ids: Ids
  },
): SecurityEventDeps & { readonly readSecurityEvents: (token: string) => Promise<readonly SecurityEvent[]> } {
  const { database, metrics, grants, ...rest } = outside
  const events = metrics.counter({
    name: 'security_events_total',
    help: 'Security events of Google by what became of them',
    labelNames: ['outcome'],
  })
  return {
    ...rest,
    grantsOfAccount: (accountId) => grants.ofAccount(config.GOOGLE_ISSUER, accountId),
    grantOfToken: (token) => grantOfToken(database, token),
    count: (outcome) => events.inc({ outcome }),
    readSecurityEvents: createSecurityEventTokens({
      configurationUrl:
        config.GOOGLE_SECURITY_EVENTS_URL ??
        new URL('/.well-known/risc-configuration', config.GOOGLE_ISSUER).href,
      clientId: config.GOOGLE_CLIENT_ID,
    }),
  }
}
