import { DomainError } from '@evergrant/decider'
import { handleCommand } from '@evergrant/event-store'
import { grantDecider } from '../domain/grant.ts'
import { grantStreamOf, grantStreamType } from '../domain/grant-facts.ts'
import type { Grant } from '../domain/grant-state.ts'
import { createSimulatedWorld, type SimulatedWorld, type SimulationOptions } from './refresh-simulation.ts'
import { outside } from './seeded-scheduler.ts'
import { type Replica, startReplica } from './simulated-replica.ts'

const chaosMs = 3 * 3_600_000
const calmMs = 2 * 3_600_000
const vends = 24
/** What a token has to have left beyond what was asked, so that the way of an answer decides nothing. */
const graceMs = 70_000

/** Plays three hours in which everything goes wrong and two in which nothing does.
 * @returns every promise that was broken on the way; the same seed breaks the same ones. */
export async function simulateRefreshes(options: SimulationOptions): Promise<readonly string[]> {
  const world = createSimulatedWorld(options)
  const { scheduler, random, violations } = world
  await world.consent()
  const replicas: Replica[] = []
  const start = (place: number, name: string) => {
    replicas[place] = startReplica(world, name, () => {
      // Half come back under their own name, half as somebody new.
      start(place, random() < 0.5 ? name : `replica-${world.nextId()}`)
    })
  }
  for (let place = 0; place < 2 + Math.floor(random() * 2); place++) start(place, `replica-${place}`)

  const startedAt = scheduler.now()
  const during = (share: number, what: () => void | Promise<void>) => {
    if (random() < share) void scheduler.sleep(outside, random() * chaosMs).then(what)
  }
  for (let vend = 0; vend < vends; vend++) {
    during(1, () => vendAndJudge(world, pick(world, replicas), pick(world, [0, 0, 300, 600])))
  }
  during(0.15, world.revokeAtProvider)
  during(0.15, world.consent)
  during(0.1, () => disconnect(world))
  await scheduler.run(startedAt + chaosMs)
  world.calmDown()
  await scheduler.run(startedAt + chaosMs + calmMs)

  await judgeTheEnd(world, options)
  return violations
}

function pick<T>({ random }: SimulatedWorld, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)]
  if (chosen === undefined) throw new TypeError('nothing to pick from')
  return chosen
}

async function disconnect(world: SimulatedWorld): Promise<void> {
  await handleCommand(world.store, {
    decider: grantDecider,
    streamType: grantStreamType,
    streamId: grantStreamOf(world.grantId),
    command: { type: 'Disconnect', now: world.clock.now().toISOString(), service: 'calendar', by: 'user' },
    metadata: { actor: { kind: 'user' }, correlationId: 'disconnect' },
  })
}

async function vendAndJudge(
  world: SimulatedWorld,
  replica: Replica,
  minValiditySeconds: number,
): Promise<void> {
  if (!replica.alive()) return
  const { scheduler, provider, violations } = world
  const began = scheduler.now()
  const before = await world.grant()
  const token = world.secrets.access.token
  try {
    const vended = await replica.vend(minValiditySeconds)
    const expiresAt = provider.expiresAt(vended.accessToken) ?? 0
    if (expiresAt <= scheduler.now()) violations.push('an expired token was lent')
    const over = endedAt(await world.facts())
    if (over !== undefined && before?.status === 'revoked' && began - over > replica.staleForMs) {
      violations.push('a disconnected connection was lent')
    }
  } catch (error) {
    // The database was away: nothing could be known.
    if (!(error instanceof DomainError) || error.code === 'database_unavailable') return
    const after = await world.grant()
    const same = before?.generation === after?.generation && after?.status !== 'revoked'
    const enough = (provider.expiresAt(token) ?? 0) - scheduler.now() > minValiditySeconds * 1000 + graceMs
    const worked = provider.works(token, scheduler.now()) && enough
    if (same && worked && scopesAreThere(after)) violations.push(`a usable token was refused: ${error.code}`)
  }
}

function scopesAreThere(grant: Grant | undefined): boolean {
  return (grant?.scopes.length ?? 0) > 1
}

function endedAt(facts: Awaited<ReturnType<SimulatedWorld['facts']>>): number | undefined {
  return facts.findLast(({ type }) => type === 'GrantRevoked')?.recordedAt.getTime()
}

async function judgeTheEnd(world: SimulatedWorld, { policy }: SimulationOptions): Promise<void> {
  const { violations, provider, scheduler } = world
  const facts = await world.facts()
  if (/"(at|rt)-\d/.test(JSON.stringify(facts))) violations.push('a fact holds a token')
  const grant = await world.grant()
  if (!grant) return
  const { refresh } = grant
  const overdue = refresh.status === 'started' && Date.parse(refresh.leaseUntil) < scheduler.now() - graceMs
  if (overdue) violations.push('a refresh stayed in doubt')
  for (const { generation, process } of world.delivered) {
    const stuck = grant.generation <= generation && grant.status !== 'revoked'
    if (process.alive && stuck) violations.push('a success was lost')
  }
  if (grant.status === 'revoked') return
  const takes = provider.takes(world.secrets.refresh.token, scheduler.now())
  if (grant.status === 'live') {
    if (!provider.works(world.secrets.access.token, scheduler.now()) && !provider.revokedByUser()) {
      violations.push('a live grant has no token that works')
    }
    if (provider.revokedByUser()) violations.push('a grant the user took back was not noticed')
    return
  }
  // After two attempts that nobody knows the end of, one more would be the third: nobody can know.
  const unknowable = grant.reason === 'rotation_lost' && (grant.doubt?.attempts ?? 0) > 1
  if (takes && !unknowable)
    violations.push(`the provider would still refresh what is labelled ${grant.reason}`)
  const lost = grant.reason === 'rotation_lost'
  if (!lost && !provider.revokedByUser()) violations.push(`nobody revoked what is labelled ${grant.reason}`)
  if (lost && policy.kind === 'non_rotating') violations.push('nothing can get lost where nothing rotates')
}
