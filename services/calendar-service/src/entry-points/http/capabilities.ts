import type { Exchange, Health } from '@evergrant/service-runtime'

export interface CapabilityDeps {
  readonly ping: () => Promise<void>
  /** Runs the queries behind the read endpoints; throws when the tables are not what they need. */
  readonly readQueries: () => Promise<unknown>
  readonly breakerState: () => 'closed' | 'half_open' | 'open'
  readonly exchange: Pick<Exchange, 'health'>
}

/** What callers can rely on. Google being away only makes the copy older, so it never makes us unready. */
export function declareCapabilities(health: Health, deps: CapabilityDeps): void {
  health.capability('database', async () => {
    await deps.ping()
    return { status: 'ok' }
  })
  health.capability('calendar.read', async () => {
    await deps.readQueries()
    return { status: 'ok' }
  })
  health.capability('calendar.sync', () =>
    deps.breakerState() === 'open'
      ? {
          status: 'degraded',
          reason: 'google_unavailable',
          description: 'Google Calendar does not answer; what was synced is still served.',
        }
      : { status: 'ok' },
  )
  health.capability('events', deps.exchange.health)
}
