import { connectionIdOf } from '@evergrant/event-contracts'
import { createFreshness, type FreshnessDeps } from '../application/keep-fresh.ts'
import type { ProviderTokens } from '../application/ports.ts'
import { createRetryBudget } from '../application/retry-budget.ts'
import { type VendDeps, vendAccessToken } from '../application/vend-access-token.ts'
import { createWarmTokens, trustedForMs } from '../application/warm-tokens.ts'
import { resumeAbandonedRefreshes } from '../entry-points/clock/resume-abandoned-refreshes.ts'
import type { SimulatedWorld } from './refresh-simulation.ts'
import { outside, type SimulatedProcess } from './seeded-scheduler.ts'

const metadata = { actor: { kind: 'schedule' as const }, correlationId: 'simulation' }

/** One life of one replica: production's use cases over a simulated world. It begins by resuming what an earlier life left. */
export function startReplica(world: SimulatedWorld, instanceId: string, onDeath: () => void) {
  const { scheduler, random } = world
  const process: SimulatedProcess = {
    alive: true,
    onDeath: () => void scheduler.sleep(outside, 50 + random() * 30_000).then(onDeath),
  }
  const holder = { instanceId, bootId: world.nextId() }
  const provider: ProviderTokens = {
    pausedForSeconds: () => null,
    refresh: (token) => world.refresh(process, token),
    revoke: async () => ({ settled: 'revoked' }),
    now: world.googleNow,
  }
  const grants = {
    byId: async () => {
      await world.step(process, 5)
      return world.snapshot()
    },
    ofConnection: async () => {
      await world.step(process, 5)
      const grant = await world.grant()
      return grant && { grant, service: 'calendar' as const, lastUsedAt: null }
    },
  }
  const warmTokens = createWarmTokens(() => scheduler.now())
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      void scheduler.sleep(process, ms).then(resolve)
      const told = () => {
        world.listeners.delete(told)
        // A signal may be lost; whoever waits also looks for itself.
        if (!world.chance(0.2)) void scheduler.sleep(process, random() * 5).then(resolve)
      }
      world.listeners.add(told)
    })
  const deps: FreshnessDeps = {
    handle: world.handleFor(process),
    grants,
    vault: world.vault,
    provider,
    signals: { changed: () => undefined, wait: (_grantId, ms) => wait(ms) },
    outcomes: { query: () => undefined, refresh: () => undefined, retry: () => undefined },
    retries: createRetryBudget(() => scheduler.now()),
    clock: world.clock,
    ids: { next: world.nextId },
    random,
    holder,
    policy: world.policy,
    pause: (ms) => scheduler.sleep(process, ms),
    leaseMs: world.leaseMs,
  }
  const freshness = createFreshness(deps)
  const vendDeps: VendDeps = {
    ...deps,
    grants,
    freshness,
    warmTokens,
    vendLog: { record: async () => undefined },
    publicUrl: 'https://app.example.com',
    onBackgroundFailure: () => undefined,
  }

  const dueNow = async (): Promise<number | undefined> => {
    const grant = await world.grant()
    if (grant?.status !== 'live') return undefined
    const { refresh } = grant
    const due = {
      idle: () => grant.refreshDueAt,
      started: () => (refresh.status === 'started' ? refresh.leaseUntil : ''),
      failed: () => (refresh.status === 'failed' ? (refresh.nextAttemptAt ?? '~') : ''),
    }[refresh.status]()
    return due <= world.clock.now().toISOString() ? grant.generation : undefined
  }
  const clock = async (): Promise<void> => {
    for (;;) {
      await world.step(process, 120_000)
      const generation = await dueNow()
      if (generation === undefined) continue
      await freshness
        .refresh({ grantId: world.grantId, seenGeneration: generation, cause: 'schedule', metadata })
        .catch(() => undefined)
    }
  }
  void resumeAbandonedRefreshes({
    abandoned: async () => {
      const grant = (await grants.byId())?.grant
      const refresh = grant?.refresh
      const mine = refresh?.status === 'started' && refresh.holder.instanceId === instanceId
      const left = grant && mine && refresh.holder.bootId !== holder.bootId
      return left ? [{ grantId: grant.grantId, generation: grant.generation }] : []
    },
    freshness,
    ids: deps.ids,
    onError: () => undefined,
  }).then(clock)

  let seen = 0
  /** Twice a second in production; here before every vend, up to that long ago. */
  const lookAtFacts = async (): Promise<void> => {
    if (world.chance(0.1)) return
    const at = scheduler.now() - random() * 500
    const changed = (await world.facts()).filter(
      ({ version, recordedAt }) => version > seen && recordedAt.getTime() <= at,
    )
    seen = changed.at(-1)?.version ?? seen
    if (changed.length > 0) warmTokens.forget(world.grantId)
    warmTokens.confirm(at)
  }

  return {
    alive: () => process.alive,
    staleForMs: trustedForMs,
    vend: async (minValiditySeconds: number) => {
      await lookAtFacts()
      return vendAccessToken(vendDeps, {
        connectionId: connectionIdOf(world.grantId, 'calendar'),
        minValiditySeconds,
        requiredScopes: [],
        rejectedGeneration: null,
        purpose: null,
        caller: 'simulation',
        metadata,
      })
    },
  }
}

export type Replica = ReturnType<typeof startReplica>
