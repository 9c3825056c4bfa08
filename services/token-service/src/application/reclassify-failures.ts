import type { Clock } from '@evergrant/decider'
import type { EventStore, FactMetadata, RecordedFact } from '@evergrant/event-store'
import { classifyFailure } from '../domain/failure-class.ts'
import { type GrantFact, grantFactCatalogue, grantIdOfStream } from '../domain/grant-facts.ts'
import type { HandleGrant } from './grant-commands.ts'

const pageSize = 1_000

export interface ReclassifyDeps {
  readonly store: EventStore
  readonly handle: HandleGrant
  readonly clock: Clock
}

export interface Reclassification {
  /** Failures read. */
  readonly failures: number
  /** Those that today's rule puts into another class, by the two classes. */
  readonly changed: readonly { readonly from: string; readonly to: string; readonly failures: number }[]
  /** Grants that wait for their user although today's rule would not have asked; brought back unless it is a dry run. */
  readonly grants: readonly string[]
}

type Failure = RecordedFact<Extract<GrantFact, { type: 'RefreshFailed' }>>

/** Applies today's rule to the evidence of every failure there ever was. Reads all facts, a page at a time. */
export async function reclassifyFailures(
  deps: ReclassifyDeps,
  { dryRun, metadata }: { readonly dryRun: boolean; readonly metadata: FactMetadata },
): Promise<Reclassification> {
  const counts = new Map<string, number>()
  const latest = new Map<string, Failure>()
  let failures = 0
  for await (const failed of failuresIn(deps.store)) {
    failures += 1
    latest.set(failed.streamId, failed)
    const now = classifyFailure(failed.data.evidence)
    if (now === failed.data.failureClass) continue
    const change = JSON.stringify([failed.data.failureClass, now])
    counts.set(change, (counts.get(change) ?? 0) + 1)
  }
  const grants: string[] = []
  for (const failed of latest.values()) {
    const grantId = grantIdOfStream(failed.streamId)
    if (grantId === undefined || !(await wasWronglyEnded(deps.store, failed))) continue
    grants.push(grantId)
    if (!dryRun) await bringBack(deps, grantId, failed, metadata)
  }
  const changed = [...counts].map(([change, count]) => {
    const [from, to]: [string, string] = JSON.parse(change)
    return { from, to, failures: count }
  })
  return { failures, changed, grants }
}

async function* failuresIn(store: EventStore): AsyncGenerator<Failure> {
  let after = 0
  for (;;) {
    const facts = await store.readAll({ after, limit: pageSize })
    for (const fact of facts) if (isGrantFact(fact) && fact.type === 'RefreshFailed') yield fact
    const last = facts.at(-1)
    if (last === undefined) return
    after = last.position
  }
}

/** Only what ended because of this very failure, and where nothing has happened since. */
async function wasWronglyEnded(store: EventStore, { streamId, version, data }: Failure): Promise<boolean> {
  if (!endsGrants.has(data.failureClass) || endsGrants.has(classifyFailure(data.evidence))) return false
  const { facts } = await store.readStream<GrantFact>(streamId)
  return facts.slice(version).every(({ type }) => type === 'ReauthorizationRequired')
}

const endsGrants = new Set(['revoked', 'reauthorization_policy'])

async function bringBack(
  { handle, clock }: ReclassifyDeps,
  grantId: string,
  { data }: Failure,
  metadata: FactMetadata,
): Promise<void> {
  await handle({
    grantId,
    metadata,
    command: {
      type: 'Reclassify',
      now: clock.now().toISOString(),
      generation: data.generation,
      attemptId: data.attemptId,
      from: data.failureClass,
      to: classifyFailure(data.evidence),
    },
  })
}

function isGrantFact(fact: RecordedFact): fact is RecordedFact<GrantFact> {
  return Object.hasOwn(grantFactCatalogue, fact.type)
}
