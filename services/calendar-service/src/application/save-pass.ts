import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import { resourceStream } from '../domain/resource-facts.ts'
import type { BegunPass } from '../domain/sync-cursor.ts'
import type { SyncedResource } from './ports.ts'
import { record } from './record.ts'
import type { WalkParts } from './walk-parts.ts'

/** Writes down the pass to walk; one that opens a generation begins with nothing staged. */
export async function savePass(
  unit: UnitOfWork,
  { resources, sources }: Pick<WalkParts, 'resources' | 'sources'>,
  opening: { readonly resource: SyncedResource; readonly begun: BegunPass; readonly metadata: FactMetadata },
): Promise<void> {
  const { resource, begun, metadata } = opening
  const { resourceId, kind } = resource
  await resources.saveCursor(unit, resourceId, begun.cursor)
  if (begun.opened === null) return
  await sources[kind].discardStaged(unit, resourceId)
  const data = { resourceId, generation: begun.pass.generation, reason: begun.opened }
  await record(unit, resourceStream(kind, resourceId), {
    facts: [{ type: 'GenerationOpened', data }],
    publications: [],
    metadata,
  })
}
