import type { FactMetadata } from '@evergrant/event-store'
import { noCounts } from '../domain/sync.ts'
import { type BegunPass, beginPass } from '../domain/sync-cursor.ts'
import { isWholeDue } from '../domain/whole-list.ts'
import { askGoogle } from './ask-google.ts'
import { finishRun, tellSync } from './finish-run.ts'
import type { ClaimedRun, SyncedResource, WaitingSync } from './ports.ts'
import { savePass } from './save-pass.ts'
import type { FetchedPage } from './sources.ts'
import { actor, type Position, type WalkParts } from './walk-parts.ts'
import { closingOf } from './walk-rest.ts'

/**
 * Finds where a claimed run goes on, and tells who waits for it that it has begun; null when there is nothing left to walk.
 * Where a token or a pass is there to go on with, Google is asked meanwhile: nothing is written then but the news, for what
 * would be decided after a crash is what is decided now. Only a generation that opens, or a resource that is gone, takes
 * locks and a transaction.
 */
export async function beginRun(parts: WalkParts, run: ClaimedRun): Promise<Position | null> {
  const { store, resources, queue } = parts
  // A waiter joins, and a page is written, by the lease alone; that a list takes the resource away is looked for again when
  // a page is stored.
  const [resource, syncs] = await Promise.all([
    store.transaction((unit) => resources.find(unit, run.resourceId), { writeAtTheEnd: true }),
    queue.whoWaits(run.runId),
  ])
  const { correlationId = run.runId, traceparent = null } = syncs[0] ?? {}
  const metadata = { actor, correlationId, ...(traceparent === null ? {} : { traceparent }) }
  const begun = resource === null || isGoing(resource) ? null : beginning(parts, run, resource, true)
  const goesOn = begun?.opened === null ? begun : null
  const needsPages = goesOn !== null && goesOn.pass.rest === undefined
  const ahead = needsPages ? askFor(parts, run, goesOn) : null
  await tellStarted(parts, syncs)
  return goesOn === null ? open(parts, run, metadata) : { ...goesOn, metadata, ahead }
}

/** The first page, asked for before anybody waits for it. */
function askFor(parts: WalkParts, run: ClaimedRun, from: BegunPass): Promise<FetchedPage> {
  const page = askGoogle(parts, run, { fresh: false }).then((ask) => ask(from))
  // Its failure is heard when its turn comes, which is never if nobody can be told.
  page.catch(() => undefined)
  return page
}

/** Taken away, or still being closed since. */
function isGoing(resource: SyncedResource): boolean {
  return resource.removed || closingOf(resource) !== null
}

function beginning(
  { sources, clock }: WalkParts,
  run: ClaimedRun,
  resource: SyncedResource,
  hasRows: boolean,
): BegunPass {
  return beginPass(resource.cursor, {
    mode: isWholeDue(resource, clock.now()) ? 'full' : run.mode,
    queryHash: sources[run.kind].queryHash,
    hasRows,
  })
}

async function tellStarted({ store, clock }: WalkParts, syncs: readonly WaitingSync[]): Promise<void> {
  const now = clock.now().toISOString()
  for (const sync of syncs) await tellSync(store, sync, { type: 'StartSync', now }, actor)
}

async function open(parts: WalkParts, run: ClaimedRun, metadata: FactMetadata): Promise<Position | null> {
  const { store, resources, queue, clock, leaseMs } = parts
  return store.transaction(async (unit) => {
    await queue.progress(unit, run, { counts: noCounts, mode: run.mode, leaseMs })
    const resource = await resources.lock(unit, run.resourceId)
    const closing = closingOf(resource)
    if (closing) return { cursor: resource.cursor, pass: closing, metadata, ahead: null }
    if (resource.removed) {
      await finishRun(unit, run, { status: 'done', mode: run.mode }, { queue, clock, actor })
      return null
    }
    const hasRows = await parts.sources[run.kind].hasRows(unit, run.resourceId)
    const begun = beginning(parts, run, resource, hasRows)
    await savePass(unit, parts, { resource, begun, metadata })
    return { ...begun, metadata, ahead: null }
  })
}
