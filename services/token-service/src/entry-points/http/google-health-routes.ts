import type { Clock } from '@evergrant/decider'
import { type Service, services } from '@evergrant/event-contracts'
import type { HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { ServiceHealthRow } from '../../projections/service-health.ts'

const itemSchema = z.object({
  service: z.enum(services),
  status: z.enum(['ok', 'degraded', 'unavailable']),
  reason: z.string().nullable(),
  since: z.string().nullable(),
  tokenQuerySuccess: z.number().nullable(),
  refreshSuccess: z.number().nullable(),
})

export interface GoogleHealthDeps {
  readonly serviceHealth: () => Promise<readonly ServiceHealthRow[]>
  readonly ratesOf: (service: Service) => {
    readonly tokenQuerySuccess: number | null
    readonly refreshSuccess: number | null
  }
  readonly clock: Clock
  /** Drift of the token query, and since when. */
  readonly drift: () => { readonly status: 'ok' | 'degraded' | 'unavailable'; readonly since: string | null }
}

export function googleHealthRoutes(
  app: HttpApp,
  { serviceHealth, ratesOf, clock, drift }: GoogleHealthDeps,
): void {
  const changes = new Map<Service, { readonly status: string; readonly since: string }>()
  app.get(
    '/v1/google/health',
    {
      config: { access: 'user' },
      schema: { tags: ['health'], response: { 200: z.object({ items: z.array(itemSchema) }) } },
    },
    async () => {
      const drifted = drift()
      const rows = await serviceHealth()
      return {
        items: services.map((service) => {
          const row = rows.find((known) => known.service === service)
          const rates = ratesOf(service)
          const verdict =
            drifted.status === 'ok'
              ? verdictOf(row, rates.tokenQuerySuccess)
              : { status: drifted.status, reason: 'schema_drift' }
          const now = clock.now().toISOString()
          const before = changes.get(service)
          const since = before?.status === verdict.status ? before.since : now
          changes.set(service, { status: verdict.status, since })
          const known = drifted.status === 'ok' ? (row?.since ?? null) : drifted.since
          return {
            service,
            ...verdict,
            since: verdict.status !== 'ok' && known !== null ? new Date(known).toISOString() : since,
            ...rates,
          }
        }),
      }
    },
  )
}

function verdictOf(
  row: ServiceHealthRow | undefined,
  queries: number | null,
): { status: 'ok' | 'degraded' | 'unavailable'; reason: string | null } {
  if (row && row.failing > 0) {
    return { status: row.failing >= row.live ? 'unavailable' : 'degraded', reason: row.reason }
  }
  if (queries !== null && queries < 0.5) return { status: 'unavailable', reason: 'token_queries_fail' }
  if (queries !== null && queries < 0.99) return { status: 'degraded', reason: 'token_queries_fail' }
  return { status: 'ok', reason: null }
}
