import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import type { IConfigMap, IService } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { named, ofKind } from './manifests.ts'
import { deployments, services, workload } from './workloads.ts'

const scaled = ofKind<IScaledObject>('ScaledObject')
const scalesOf = (name: string) => scaled.filter(({ spec }) => spec?.scaleTargetRef.name === name)
const settings = (name: string) => named<IConfigMap>('ConfigMap', name).data ?? {}

describe.each(deployments.map(({ metadata, spec }) => [metadata.name, spec] as const))(
  'the number of pods of %s',
  (name, spec) => {
    it('is said in one place, and is two or more', () => {
      const said = [
        ...(spec?.replicas === undefined ? [] : [spec.replicas]),
        ...scalesOf(name).map((one) => one.spec?.minReplicaCount ?? 0),
      ]
      expect(said).toHaveLength(1)
      expect(said[0]).toBeGreaterThanOrEqual(2)
    })
  },
)

describe.each(scaled.map(({ metadata, spec }) => [metadata.name, spec] as const))(
  'the scaling of %s',
  (name, spec) => {
    const triggers = spec?.triggers ?? []

    it('follows how long the oldest event has waited', () => {
      const queries = triggers.map(({ metadata }) => metadata.query ?? '')
      expect(queries[0]).toBe(
        `max(evergrant_consumer_oldest_unprocessed_seconds{namespace="evergrant",service="${name}"})`,
      )
      for (const query of queries) expect(query).toContain(`service="${name}"`)
    })

    it('takes nothing away while nobody can say how long that is', () => {
      expect(spec?.fallback).toMatchObject({ behavior: 'currentReplicasIfHigher' })
      expect(spec?.fallback?.replicas).toBeGreaterThanOrEqual(2)
      for (const { metadata } of triggers) expect(metadata.ignoreNullValues).toBe('false')
      // Only with an average does KEDA fall back.
      for (const { metricType } of triggers) expect(metricType ?? 'AverageValue').toBe('AverageValue')
    })

    it('ends at a number of its own, and shrinks slowly', () => {
      expect(spec?.maxReplicaCount).toBeGreaterThan(spec?.minReplicaCount ?? 0)
      const behavior = spec?.advanced?.horizontalPodAutoscalerConfig?.behavior
      expect(behavior?.scaleDown?.stabilizationWindowSeconds).toBe(300)
    })
  },
)

describe('what the scaling needs', () => {
  it('Prometheus reads every service at its own door', () => {
    const [monitor] = ofKind<IPodMonitor>('PodMonitor')
    const [names] = monitor?.spec?.selector.matchExpressions ?? []
    expect(names?.values).toEqual(expect.arrayContaining(services.map(({ name }) => name)))
    expect(monitor?.spec?.podMetricsEndpoints).toMatchObject([{ port: 'http', path: '/metrics' }])
  })

  it('PostgreSQL has connections for all pods, in the middle of a roll-out', () => {
    interface Postgres {
      spec: { instances: number; postgresql: { parameters: Record<string, string>; synchronous: unknown } }
    }
    const { spec } = named<Postgres>('Cluster', 'postgres')
    const pods = scaled.reduce((sum, one) => sum + (one.spec?.maxReplicaCount ?? 0) + 1, 0)
    // The pool of open-database.ts, and the session on which the schema verifier listens.
    expect(Number(spec.postgresql.parameters.max_connections)).toBeGreaterThan(pods * 11)
    expect(spec.instances).toBe(3)
    expect(spec.postgresql.synchronous).toEqual({ method: 'any', number: 1 })
  })

  it('events have a copy on each server of NATS', () => {
    const servers = deploymentsOfNats()
    expect(servers).toBe(3)
    expect(settings('evergrant-bus').NATS_STREAM_REPLICAS).toBe(String(servers))
    const routes = workload('nats').container.env?.find(({ name }) => name === 'NATS_ROUTES')?.value
    const hosts = (JSON.parse(routes ?? '[]') as string[]).map((route) => route.split('@')[1])
    expect(hosts).toEqual([0, 1, 2].map((index) => `nats-${index}.nats-peers:6222`))
    expect(named<IService>('Service', 'nats-peers').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    })
  })
})

describe('the route from outside', () => {
  const route = named<IHTTPRoute>('HTTPRoute', 'gateway')
  const rules = route.spec?.rules ?? []
  const takes = (path: string) =>
    rules.some(({ matches }) =>
      matches?.some(({ path: match }) =>
        match?.type === 'Exact'
          ? path === match.value
          : path === match?.value || path.startsWith(`${match?.value}/`),
      ),
    )

  it('leads to the gateway, at the host that browsers are told', () => {
    const { hostname } = new URL(settings('evergrant-settings').PUBLIC_URL ?? '')
    expect(route.spec?.hostnames).toEqual([hostname])
    for (const { backendRefs } of rules) expect(backendRefs).toEqual([{ name: 'gateway', port: 8080 }])
  })

  it('has the API, the console and the documents, and nothing that is for operators', () => {
    const open = ['/', '/health', '/console', '/console/main.js', '/docs/', '/v1/connections']
    expect(open.filter((path) => !takes(path))).toEqual([])
    expect(
      ['/metrics', '/health/ready', '/health/live', '/health/schema', '/openapi.json'].filter(takes),
    ).toEqual([])
  })

  it('does not end event streams', () => {
    const api = rules.find(({ matches }) => matches?.some(({ path }) => path?.value === '/v1'))
    expect(api?.timeouts?.request).toBe('0s')
  })
})

function deploymentsOfNats(): number | undefined {
  return named<{ spec: { replicas?: number } }>('StatefulSet', 'nats').spec.replicas
}
