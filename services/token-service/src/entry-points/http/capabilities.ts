import { DomainError } from '@evergrant/decider'
import type { CapabilityReport, Exchange, Health } from '@evergrant/service-runtime'

export interface CapabilityDeps {
  readonly ping: () => Promise<void>
  /** Runs the token query; it throws when the tables are not what it needs. */
  readonly tokenQuery: () => Promise<unknown>
  readonly discovery: { endpoints(): Promise<unknown> }
  readonly clientConfigured: boolean
  readonly exchange: Pick<Exchange, 'health'>
}

/** What callers can rely on. Google being away is never our unreadiness: tokens that work are still served. */
export function declareCapabilities(health: Health, deps: CapabilityDeps): void {
  health.capability('database', async () => {
    await deps.ping()
    return { status: 'ok' }
  })
  health.capability('token.read', () => readHealth(deps))
  health.capability('token.refresh', () => refreshHealth(deps))
  health.capability('events', deps.exchange.health)
}

async function readHealth({ tokenQuery }: CapabilityDeps): Promise<CapabilityReport> {
  try {
    await tokenQuery()
    return { status: 'ok' }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { status: 'unavailable', reason: error.code, description: error.message }
  }
}

async function refreshHealth({ clientConfigured, discovery }: CapabilityDeps): Promise<CapabilityReport> {
  if (!clientConfigured) {
    return {
      status: 'degraded',
      reason: 'google_client_missing',
      description: 'GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are not set, so nothing can be refreshed.',
    }
  }
  try {
    await discovery.endpoints()
    return { status: 'ok' }
  } catch {
    return {
      status: 'degraded',
      reason: 'google_unreachable',
      description: "Google's discovery document cannot be read; tokens that still work are served.",
    }
  }
}
