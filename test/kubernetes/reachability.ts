import type {
  INetworkPolicy,
  INetworkPolicyPeer,
  INetworkPolicyPort,
} from 'kubernetes-models/networking.k8s.io/v1'
import { ofKind } from './manifests.ts'

/** Somebody on the network: a pod, or an address outside. */
export interface Party {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  /** `evergrant` when left out. */
  readonly namespace?: string
  readonly address?: string
}

type Selector = NonNullable<INetworkPolicyPeer['podSelector']>

const policies = ofKind<INetworkPolicy>('NetworkPolicy')
const ours = 'evergrant'

/** Whether `from` may open a connection to this TCP port of `to`, by all policies together. */
export function mayReach(from: Party, to: Party, port: number): boolean {
  return goes(from, to, port, 'Egress') && goes(to, from, port, 'Ingress')
}

function goes(pod: Party, other: Party, port: number, direction: 'Ingress' | 'Egress'): boolean {
  // Elsewhere other people's policies hold.
  if (pod.address !== undefined || (pod.namespace ?? ours) !== ours) return true
  const about = policies.filter(
    ({ spec }) => spec?.policyTypes?.includes(direction) && fits(spec.podSelector ?? {}, pod.labels ?? {}),
  )
  if (about.length === 0) return true
  return about.some(({ spec }) => {
    const rules =
      direction === 'Egress'
        ? spec?.egress?.map(({ to, ports }) => ({ peers: to, ports }))
        : spec?.ingress?.map(({ from, ports }) => ({ peers: from, ports }))
    return rules?.some(
      ({ peers, ports }) => opens(ports, port) && (peers?.some((peer) => isPeer(peer, other)) ?? true),
    )
  })
}

const opens = (ports: INetworkPolicyPort[] | undefined, port: number) =>
  ports?.some((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP') ?? true

function isPeer({ ipBlock, namespaceSelector, podSelector }: INetworkPolicyPeer, party: Party): boolean {
  if (ipBlock !== undefined) {
    if (party.address === undefined || !within(ipBlock.cidr, party.address)) return false
    return !ipBlock.except?.some((range) => within(range, party.address ?? ''))
  }
  if (party.address !== undefined) return false
  const namespace = party.namespace ?? ours
  const isThere =
    namespaceSelector === undefined
      ? namespace === ours
      : fits(namespaceSelector, { 'kubernetes.io/metadata.name': namespace })
  return isThere && fits(podSelector ?? {}, party.labels ?? {})
}

function fits(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    // Of the operators only the one that is used.
    matchExpressions.every(
      ({ key, operator, values }) => operator === 'In' && values?.includes(labels[key] ?? ''),
    )
  )
}

function within(cidr: string, address: string): boolean {
  if (cidr.includes(':') || address.includes(':')) return false
  const [base = '', bits = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size)
}

const numberOf = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
