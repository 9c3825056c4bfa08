import { expect, it } from 'vitest'
import { mayReach, type Party } from './reachability.ts'
import { workloads } from './workloads.ts'

const pods: readonly Party[] = workloads.map(({ name, labels }) => ({ name, labels }))
const postgres: Party = { name: 'postgres', labels: { 'cnpg.io/cluster': 'postgres' } }
const google: Party = { name: 'google', address: '142.250.74.46' }
const inCluster: Party = { name: 'in the cluster', address: '10.1.2.3' }
const metadata: Party = { name: 'metadata', address: '169.254.169.254' }
const strangers: readonly Party[] = [
  { name: 'edge', namespace: 'envoy-gateway-system' },
  { name: 'monitoring', namespace: 'monitoring' },
  { name: 'postgres-operator', namespace: 'cnpg-system' },
  { name: 'neighbour' },
  { name: 'other-namespace', namespace: 'default', labels: { 'app.kubernetes.io/name': 'gateway' } },
]
const everybody = [...pods, postgres, google, inCluster, metadata, ...strangers]
const doors: readonly (readonly [number, readonly Party[]])[] = [
  [8080, pods.filter(({ name }) => /^(gateway|\w+-service)$/.test(name))],
  [4222, pods.filter(({ name }) => name === 'nats')],
  [6222, pods.filter(({ name }) => name === 'nats')],
  [8222, pods.filter(({ name }) => name === 'nats')],
  [5432, [postgres]],
  [443, [google, inCluster, metadata]],
  [80, [google]],
]

it('services meet on NATS alone, each reaches PostgreSQL and Google, and nobody comes in but through the gateway', () => {
  const ways = doors.flatMap(([port, targets]) =>
    targets.flatMap((to) =>
      [...pods, ...strangers, postgres]
        .filter((from) => pods.includes(from) || pods.includes(to) || to === postgres)
        .filter((from) => mayReach(from, to, port))
        .map((from) => `${from.name} → ${to.name}:${port}`),
    ),
  )
  expect(ways.sort()).toEqual(
    [
      'edge → gateway:8080',
      'gateway → oauth-service:8080',
      'gateway → token-service:8080',
      'gateway → calendar-service:8080',
      'monitoring → gateway:8080',
      'monitoring → oauth-service:8080',
      'monitoring → token-service:8080',
      'monitoring → calendar-service:8080',
      'monitoring → nats:8222',
      'oauth-service → nats:4222',
      'token-service → nats:4222',
      'calendar-service → nats:4222',
      'nats → nats:6222',
      'oauth-service → postgres:5432',
      'token-service → postgres:5432',
      'calendar-service → postgres:5432',
      'oauth-migration → postgres:5432',
      'token-migration → postgres:5432',
      'calendar-migration → postgres:5432',
      'provision-databases → postgres:5432',
      'postgres → postgres:5432',
      'postgres-operator → postgres:5432',
      'oauth-service → google:443',
      'token-service → google:443',
      'calendar-service → google:443',
    ].sort(),
  )
})

it('every pod looks up names, and is shut in before a policy of its own is there', () => {
  const dns = { name: 'dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }
  for (const pod of pods) {
    expect(mayReach(pod, dns, 53), pod.name).toBe(true)
    const bare = { name: 'new', labels: { 'app.kubernetes.io/part-of': 'evergrant' } }
    expect(everybody.filter((other) => mayReach(bare, other, 443))).toEqual([])
  }
})
