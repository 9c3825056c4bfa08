import { type Metric, Registry } from 'prom-client'
import { beforeAll, vi } from 'vitest'
import { useCalendarWorld } from '../../services/calendar-service/src/testing.ts'
import { useGateway } from '../../services/gateway/src/testing/use-gateway.ts'
import { useOauthService } from '../../services/oauth-service/src/testing.ts'
import { useTokenWorld } from '../../services/token-service/src/testing.ts'
import type { Registered } from './check-expression.ts'

/** What prom-client keeps of a metric; its types leave the labels out. */
interface Declared {
  readonly name: string
  readonly labelNames: readonly string[]
}

/** Starts every service as it runs and notes what each puts into its registry: also what has no series yet, because nothing
 * has happened. Holds for the spec file. */
export function useRegisteredMetrics(): Registered {
  const registered = new Map<string, Set<string>>()
  const register = vi.spyOn(Registry.prototype, 'registerMetric')
  useOauthService()
  const token = useTokenWorld()
  const calendar = useCalendarWorld()
  useGateway()

  beforeAll(async () => {
    await token.start({ instanceId: 'one' })
    await calendar.start()
    for (const [metric] of register.mock.calls) note(registered, metric)
    register.mockRestore()
  })
  return registered
}

function note(registered: Map<string, Set<string>>, metric: Metric): void {
  const { name, labelNames } = metric as unknown as Declared
  const isHistogram = 'buckets' in metric
  const add = (series: string, labels: readonly string[]) => {
    // Every service says which one it is on all that it measures (createMetrics).
    registered.set(series, new Set([...(registered.get(series) ?? []), ...labels, 'service']))
  }
  if (!isHistogram) {
    add(name, labelNames)
    return
  }
  add(`${name}_bucket`, [...labelNames, 'le'])
  add(`${name}_sum`, labelNames)
  add(`${name}_count`, labelNames)
}
