import { type RecordedFact, readsOf, type Snapshot, type UnitOfWork } from '@evergrant/event-store'
import { evolveGrant } from '../domain/evolve-grant.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'

/** Raise it whenever a field of `Grant` comes, goes or means something else: rows of another shape are folded anew from
 * the log, so a release never decides on a state that an older one wrote. */
export const grantShape = 1

const none: GrantState = { status: 'none' }

/** What a transaction has read or written of grants: nobody else can change it and commit, for the append that follows
 * insists on the version. A savepoint is a unit of its own, so what is undone with one is forgotten with it. */
const known = new WeakMap<UnitOfWork, Map<string, Snapshot<GrantState>>>()

export function rememberGrant(unit: UnitOfWork, streamId: string, snapshot: Snapshot<GrantState>): void {
  const streams = known.get(unit) ?? new Map<string, Snapshot<GrantState>>()
  known.set(unit, streams.set(streamId, snapshot))
}

/** A grant as the read model has it; undefined unless that is what its whole stream leads to. */
export async function readGrantSnapshot(
  unit: UnitOfWork,
  streamId: string,
): Promise<Snapshot<GrantState> | undefined> {
  const [row] = await readsOf(unit)<{ state: string; version: number }>(
    `select g.state::text as state, g.version::float8 as version
       from grant_state g join es.stream s on s.stream_id = g.stream_id and s.version = g.version
      where g.stream_id = $1 and g.shape = $2`,
    [streamId, grantShape],
  )
  if (row === undefined) return undefined
  const snapshot = { state: JSON.parse(row.state) as Grant, version: row.version }
  rememberGrant(unit, streamId, snapshot)
  return snapshot
}

/** The grant before a fact that was just appended: as this transaction knows it, else as its row says, else by the log. */
export async function grantBefore(unit: UnitOfWork, fact: RecordedFact<GrantFact>): Promise<GrantState> {
  const { streamId } = fact
  const version = fact.version - 1
  if (version === 0) return none
  const snapshot = known.get(unit)?.get(streamId)
  if (snapshot?.version === version) return snapshot.state
  const [row] = await readsOf(unit)<{ state: string }>(
    'select state::text as state from grant_state where stream_id = $1 and version = $2 and shape = $3',
    [streamId, version, grantShape],
  )
  if (row !== undefined) return JSON.parse(row.state) as Grant
  const { facts } = await unit.readStream<GrantFact>(streamId)
  return facts.filter((earlier) => earlier.version <= version).reduce<GrantState>(evolveGrant, none)
}
