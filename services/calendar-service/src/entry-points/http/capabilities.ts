import type { Service } from '@evergrant/event-contracts'
import type { Exchange, Health } from '@evergrant/service-runtime'

export interface CapabilityDeps {
  readonly ping: () => Promise<void>
  /** Runs the queries behind the read endpoints; throws when the tables are not what they need. */
  readonly readQueries: () => Promise<unknown>
  readonly breakerStates: Readonly<Record<Service, () => 'closed' | 'half_open' | 'open'>>
  readonly exchange: Pick<Exchange, 'health'>
}

const apiNames: Readonly<Record<Service, string>> = {
  calendar: 'Google Calendar',
  drive: 'Google Drive',
  gmail: 'Gmail',
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
  for (const [service, name] of Object.entries(apiNames)) {
    health.capability(`${service}.sync`, () =>
      deps.breakerStates[service as Service]() === 'open'
        ? {
            status: 'degraded',
            reason: 'google_unavailable',
            description: `${name} does not answer; what was synced is still served.`,
          }
        : { status: 'ok' },
    )
  }
  health.capability('events', deps.exchange.health)
}
