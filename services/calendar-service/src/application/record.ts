import type { Publication } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import type { ResourceFact, resourceStream } from '../domain/resource-facts.ts'

/** Appends what happened to a resource. */
export async function record(
  unit: UnitOfWork,
  stream: ReturnType<typeof resourceStream>,
  news: {
    readonly facts: readonly ResourceFact[]
    readonly publications: readonly Publication[]
    readonly metadata: FactMetadata
  },
): Promise<void> {
  if (news.facts.length === 0) return
  // The run's lease and the locked resource row already keep every other writer out.
  await unit.append<ResourceFact>({ ...stream, expectedVersion: 'any', ...news })
}
