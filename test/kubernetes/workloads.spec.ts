import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { IService, IServiceAccount } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { named, ofKind, repository } from './manifests.ts'
import { deployments, running, selects, services, workload, workloads } from './workloads.ts'

const each = workloads.map((one) => [one.name, one] as const)

describe.each(each)('the pods of %s', (_name, { pod, container, labels }) => {
  it('run as a user that is not root, on a file system that is not written to', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    // The image's user has a name, and Kubernetes does not start a name it cannot know to be no root.
    expect(pod.securityContext?.runAsUser).toBeGreaterThan(0)
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('have no key to the Kubernetes API, by an account of their own', () => {
    const account = named<IServiceAccount>('ServiceAccount', pod.serviceAccountName ?? '')
    expect([account.automountServiceAccountToken, pod.automountServiceAccountToken]).toEqual([false, false])
  })

  it('say what they need, and how much memory is too much', () => {
    expect(Object.keys(container.resources?.requests ?? {}).sort()).toEqual(['cpu', 'memory'])
    expect(Object.keys(container.resources?.limits ?? {})).toEqual(['memory'])
  })

  it('mount volumes that exist, and each of them', () => {
    const mounted = new Set(container.volumeMounts?.map(({ name }) => name))
    const declared = new Set(pod.volumes?.map(({ name }) => name))
    if (labels['app.kubernetes.io/name'] === 'nats') declared.add('data')
    expect([...mounted].sort()).toEqual([...declared].sort())
  })

  it('are part of evergrant, or no NetworkPolicy would shut them in', () => {
    expect(labels['app.kubernetes.io/part-of']).toBe('evergrant')
  })
})

describe.each(running.map((one) => [one.name, one] as const))('%s', (name, { pod, container, labels }) => {
  it('is asked whether it started, lives and is ready, at a door it has', () => {
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(probe?.httpGet?.path).toMatch(/^\/health/)
      expect(container.ports?.map((port) => port.name)).toContain(probe?.httpGet?.port)
    }
  })

  it('is spread over zones and machines', () => {
    const keys = pod.topologySpreadConstraints?.map((one) => one.topologyKey)
    expect(keys?.sort()).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
    for (const { labelSelector } of pod.topologySpreadConstraints ?? [])
      expect(selects(labelSelector, labels)).toBe(true)
  })

  it('loses one pod at a time to maintenance', () => {
    const budgets = ofKind<IPodDisruptionBudget>('PodDisruptionBudget').filter(({ spec }) =>
      selects(spec?.selector, labels),
    )
    expect(budgets.map(({ spec }) => spec?.maxUnavailable)).toEqual([1])
  })

  it('is found by a Service of its name, and is selected by itself alone', () => {
    const { spec } = named<IService>('Service', name)
    const chosen = workloads.filter((one) => selects({ matchLabels: spec?.selector ?? {} }, one.labels))
    expect(chosen.map((one) => one.name)).toEqual([name])
  })
})

describe('a Deployment', () => {
  it.each(deployments.map(({ metadata, spec }) => [metadata.name, spec]))(
    '%s selects the pods it makes, and replaces none before another is ready',
    (_name, spec) => {
      expect(selects(spec?.selector, spec?.template.metadata?.labels ?? {})).toBe(true)
      expect(spec?.strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 })
    },
  )
})

describe.each(services.map((one) => [one.name, one] as const))(
  'the end of a pod of %s',
  (_name, { pod, container }) => {
    it('waits for those who still come, then for the drain, then for what was not acknowledged', () => {
      const source = (path: string) => readFileSync(join(repository, path), 'utf8')
      const drain = /drainDeadlineMs = ([\d_]+)/.exec(source('packages/service-runtime/src/run-service.ts'))
      const ack = /ackWaitMs = ([\d_]+)/.exec(source('packages/event-bus/src/nats-event-bus.ts'))
      const seconds = (match: RegExpExecArray | null) => Number(match?.[1]?.replaceAll('_', '')) / 1000
      const before = container.lifecycle?.preStop?.sleep?.seconds ?? 0
      expect(before).toBeGreaterThanOrEqual(5)
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(before + seconds(drain))
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds(ack))
    })
  },
)

describe('what Kubernetes and Prometheus ask a service', () => {
  const app = createHttpApp({
    name: 'spec',
    version: '1',
    logger: createLogger({ name: 'spec', level: 'silent' }),
    health: createHealth({ clock: systemClock }),
    metrics: createMetrics('spec'),
    clock: systemClock,
    ids: uuidv7Ids,
    quotas: null,
  })
  const paths = services.flatMap(({ container }) =>
    [container.startupProbe, container.livenessProbe, container.readinessProbe].flatMap(
      (probe) => probe?.httpGet?.path ?? [],
    ),
  )

  it.each([...new Set([...paths, '/metrics'])])('%s is answered', async (path) => {
    expect((await app.inject(path)).statusCode).toBe(200)
  })
})

describe('the journal of vends', () => {
  const { pod, container } = workload('token-service')
  const folder = container.env?.find(({ name }) => name === 'VEND_JOURNAL_DIR')?.value
  const volumeAt = (path: string | undefined) =>
    pod.volumes?.find(({ name }) =>
      container.volumeMounts?.some((mount) => mount.name === name && mount.mountPath === path),
    )

  it('outlives its process: on a volume of the pod, on disk, under the name of the pod', () => {
    // In memory it would not outlive much; with a limit of its own the pod would be evicted with it, in a long outage of PostgreSQL.
    expect(volumeAt(folder)?.emptyDir).toEqual({})
    const id = container.env?.find(({ name }) => name === 'INSTANCE_ID')
    expect(id?.valueFrom?.fieldRef?.fieldPath).toBe('metadata.name')
  })
})

describe.each([
  ['token-service', ['TOKEN_SEALING_PRIVATE_KEY_FILE', 'VAULT_KEY_RING_FILE']],
  ['oauth-service', ['SECRETS_KEY_FILE']],
])('the key files of %s', (name, variables) => {
  it('are in a Secret that the pod may only read, and follow its changes', () => {
    const { pod, container } = workload(name)
    const mount = container.volumeMounts?.find((one) => one.name === 'keys')
    expect(mount).toMatchObject({ readOnly: true })
    // What is mounted by subPath never changes in a pod that runs.
    expect(mount?.subPath).toBeUndefined()
    for (const variable of variables) {
      const file = container.env?.find((one) => one.name === variable)?.value
      expect(file?.startsWith(`${mount?.mountPath}/`)).toBe(true)
    }
    const secret = pod.volumes?.find((one) => one.name === 'keys')?.secret
    expect([secret?.secretName, secret?.defaultMode]).toEqual([`${name}-keys`, 0o440])
  })
})
