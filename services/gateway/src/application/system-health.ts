import type { AskReadiness, CapabilityLine } from './ports.ts'

export interface ReplicaHealth {
  readonly replica: number
  readonly status: 'ready' | 'not_ready' | 'unreachable'
  readonly instanceId?: string | undefined
  readonly capabilities: CapabilityLine[]
}

export interface ServiceHealth {
  readonly name: string
  readonly status: 'ready' | 'not_ready'
  readonly replicas: ReplicaHealth[]
}

export interface SystemHealth {
  readonly status: 'ready' | 'not_ready'
  readonly services: ServiceHealth[]
}

export type Upstreams = Readonly<Record<string, readonly string[]>>

/** Asks every replica of every service at once; ready only while all of them are. Questions at the same time share an answer. */
export function createSystemHealth(upstreams: Upstreams, ask: AskReadiness): () => Promise<SystemHealth> {
  let underWay: Promise<SystemHealth> | undefined
  const askAll = async (): Promise<SystemHealth> => {
    const services = await Promise.all(
      Object.entries(upstreams).map(async ([name, urls]) => {
        const replicas = await Promise.all(urls.map((url, index) => healthOf(url, index + 1, ask)))
        return { name, status: summary(replicas), replicas }
      }),
    )
    return { status: summary(services), services }
  }
  return () => {
    underWay ??= askAll().finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

async function healthOf(url: string, replica: number, ask: AskReadiness): Promise<ReplicaHealth> {
  const readiness = await ask(url)
  if (!readiness) return { replica, status: 'unreachable', capabilities: [] }
  const { ready, instanceId, capabilities } = readiness
  return {
    replica,
    // A replica may serve on without a capability that all of them lost; the whole is not ready then.
    status: ready && capabilities.every(isThere) ? 'ready' : 'not_ready',
    ...(instanceId === undefined ? {} : { instanceId }),
    capabilities: [...capabilities],
  }
}

function isThere({ status }: CapabilityLine): boolean {
  return status !== 'unavailable'
}

function summary(parts: readonly { readonly status: string }[]): 'ready' | 'not_ready' {
  return parts.every(({ status }) => status === 'ready') ? 'ready' : 'not_ready'
}
