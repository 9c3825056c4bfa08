import { type Decider, fold } from '@evergrant/decider'
import { grantIdOf } from '@evergrant/event-contracts'
import { handleCommand, storeErrors } from '@evergrant/event-store'
import { createInMemoryEventStore } from '@evergrant/event-store/testing'
import type { HandleGrant } from '../application/grant-commands.ts'
import type { GrantSnapshot, RefreshAnswer, SecretBinding, SecretVault } from '../application/ports.ts'
import { grantDecider } from '../domain/grant.ts'
import type { GrantCommand } from '../domain/grant-commands.ts'
import { type GrantFact, grantFactCatalogue, grantStreamOf, grantStreamType } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import type { ProviderPolicy } from '../domain/provider-policy.ts'
import { refreshDeadlineMs, refreshDueAt, refreshLeaseMs } from '../domain/refresh-timing.ts'
import { allScopes, createProviderModel, failure, lifetimeMs } from './provider-model.ts'
import { createSeededScheduler, outside, type SimulatedProcess } from './seeded-scheduler.ts'

/** A defect, planted: what the simulation has to find. */
export interface Mutant {
  readonly decider?: Decider<GrantState, GrantCommand, GrantFact>
  readonly leaseMs?: number
  readonly policy?: ProviderPolicy
  readonly marginMs?: number
  readonly answer?: (answer: RefreshAnswer) => RefreshAnswer
}

export interface SimulationOptions {
  readonly seed: number
  readonly policy: ProviderPolicy
  readonly mutant?: Mutant
}

const startsAt = Date.UTC(2026, 10, 23, 10)
const userId = 'alice'
const issuer = 'https://issuer.example.com'
const account = { id: '1', email: 'alice@example.com' }

export type SimulatedWorld = ReturnType<typeof createSimulatedWorld>

/** One grant, its provider and its database, all in memory, and everything that can go wrong between them. */
export function createSimulatedWorld({ seed, policy, mutant = {} }: SimulationOptions) {
  const scheduler = createSeededScheduler(seed, startsAt)
  const { random } = scheduler
  const chance = (share: number) => calm === false && random() < share
  const provider = createProviderModel(policy, random)
  const decider = mutant.decider ?? grantDecider
  const grantId = grantIdOf(userId, issuer, account.id)
  const streamId = grantStreamOf(grantId)
  const clock = { now: () => new Date(scheduler.now()) }
  const store = createInMemoryEventStore({
    source: 'token-service',
    facts: grantFactCatalogue,
    projections: [],
    clock,
  })
  const secrets = { access: { generation: 0, token: '' }, refresh: { generation: 0, token: '' } }
  const violations: string[] = []
  const listeners = new Set<() => void>()
  /** Calls that a living process still waits for, by attempt. */
  const underWay = new Map<string, SimulatedProcess>()
  /** Successes that reached a process, with the generation they were bought with. */
  const delivered: { readonly generation: number; readonly process: SimulatedProcess }[] = []
  let calm = false
  let ids = 0

  const facts = async () => (await store.readStream<GrantFact>(streamId)).facts
  const grant = async (): Promise<Grant | undefined> => {
    const state = fold(decider, await facts())
    return state.status === 'none' ? undefined : state
  }

  const snapshot = async (): Promise<GrantSnapshot | undefined> => {
    const { facts: all, version } = await store.readStream<GrantFact>(streamId)
    const state = fold(decider, all)
    return state.status === 'none' ? undefined : { grant: state, version }
  }

  const vault: SecretVault = {
    keep: async (_unit, { generation, accessToken, refreshToken }) => {
      if (accessToken !== null) secrets.access = { generation, token: accessToken }
      if (refreshToken !== null) secrets.refresh = { generation, token: refreshToken }
    },
    accessToken: async (binding) => opened(secrets.access, binding),
    refreshToken: async (binding) => {
      const token = opened(secrets.refresh, binding)
      return token === undefined ? undefined : { token, dataKey: { id: 'key', key: Buffer.alloc(32) } }
    },
    shred: async () => undefined,
  }
  const opened = (row: { generation: number; token: string }, binding: SecretBinding) => {
    if (row.generation > binding.generation) return undefined
    if (row.generation < binding.generation) violations.push('the vault lags behind the facts')
    return row.token
  }

  /** As production handles commands, with a database that loses requests and answers. */
  const handleFor =
    (process: SimulatedProcess): HandleGrant =>
    async ({ command, metadata, known, alongside }) => {
      await step(process, 5)
      if (chance(0.02)) throw storeErrors.database_unavailable()
      const outcome = await handleCommand(store, {
        decider,
        streamType: grantStreamType,
        streamId,
        command,
        metadata,
        ...(known === undefined ? {} : { known: async () => known }),
        ...(alongside === undefined ? {} : { alongside }),
      })
      if (outcome.facts.length > 0) for (const listener of listeners) listener()
      await step(process, 5)
      if (chance(0.02)) throw storeErrors.database_unavailable()
      return outcome
    }

  const step = async (process: SimulatedProcess, mostMs: number): Promise<void> => {
    await scheduler.sleep(process, random() * mostMs)
    if (process !== outside && chance(0.004)) {
      process.alive = false
      process.onDeath()
      await scheduler.sleep(process, 0)
    }
  }

  const refresh = async (process: SimulatedProcess, refreshToken: string): Promise<RefreshAnswer> => {
    const seen = await grant()
    const attempt = seen?.refresh.status === 'started' ? seen.refresh.attemptId : 'unannounced'
    for (const [other, sender] of underWay) {
      if (sender.alive && other !== attempt) violations.push('two spends of one refresh token at once')
    }
    if (
      attempt === 'unannounced' &&
      seen?.generation === secrets.refresh.generation &&
      policy.kind !== 'non_rotating'
    )
      violations.push('a spend that nothing announced')
    underWay.set(attempt, process)
    try {
      await step(process, 20)
      const answer = await answerOverTheNetwork(process, refreshToken)
      await step(process, 20)
      if (answer.ok && seen) delivered.push({ generation: seen.generation, process })
      return (mutant.answer ?? ((same) => same))(answer)
    } finally {
      underWay.delete(attempt)
    }
  }

  const answerOverTheNetwork = async (process: SimulatedProcess, token: string): Promise<RefreshAnswer> => {
    if (chance(0.05)) return failure({ httpStatus: null, error: 'not_sent', errorSubtype: null })
    if (chance(0.05)) return failure({ httpStatus: 429, error: null, errorSubtype: null }, 1 + random() * 30)
    if (chance(0.1)) return failure({ httpStatus: 503, error: null, errorSubtype: null })
    if (chance(0.05)) return failure({ httpStatus: 401, error: 'invalid_client', errorSubtype: null })
    const slow = chance(0.15)
    // Once sent, a request arrives whatever becomes of its sender.
    let answer: RefreshAnswer | undefined
    void scheduler.sleep(outside, slow ? 1_000 + random() * 12_000 : random() * 100).then(() => {
      answer = provider.spend(token, scheduler.now())
    })
    await scheduler.sleep(process, slow ? 13_000 + random() * 5_000 : 101 + random() * 100)
    if (chance(0.08) || answer === undefined) {
      await scheduler.sleep(process, refreshDeadlineMs - (slow ? 18_000 : 201))
      return failure({ httpStatus: null, error: 'timed_out', errorSubtype: null })
    }
    return answer
  }

  const consent = async (): Promise<void> => {
    const { accessToken, refreshToken } = provider.consent(scheduler.now())
    const now = clock.now()
    await handleCommand(store, {
      decider,
      streamType: grantStreamType,
      streamId,
      metadata: { actor: { kind: 'user' }, correlationId: 'consent' },
      command: {
        type: 'ReceiveTokens',
        now: now.toISOString(),
        grantId,
        userId,
        issuer,
        account,
        authorizationId: `authorization-${++ids}`,
        services: ['calendar'],
        access: 'read',
        scopes: allScopes,
        expiresAt: new Date(now.getTime() + lifetimeMs).toISOString(),
        refreshDueAt: refreshDueAt({
          from: now,
          expiresAt: new Date(now.getTime() + lifetimeMs),
          jitter: random(),
        }).toISOString(),
        refreshTokenIncluded: true,
      },
      alongside: async (unit, _facts, after) => {
        if (after.status === 'none') return
        await vault.keep(unit, { grantId, userId, generation: after.generation, accessToken, refreshToken })
      },
    })
    for (const listener of listeners) listener()
  }

  return {
    scheduler,
    random,
    chance,
    clock,
    provider,
    policy: mutant.policy ?? policy,
    leaseMs: mutant.leaseMs ?? refreshLeaseMs,
    /** Google's time as the service sees it. */
    googleNow: () => new Date(scheduler.now() + (mutant.marginMs ?? 0)),
    grantId,
    store,
    secrets,
    vault,
    violations,
    delivered,
    listeners,
    nextId: () => `id-${++ids}`,
    facts,
    grant,
    snapshot,
    handleFor,
    step,
    refresh,
    consent,
    revokeAtProvider: () => provider.revoke(),
    /** From now on nothing goes wrong any more. */
    calmDown: () => {
      calm = true
    },
  }
}
