import { type Decider, DomainError, type Fact, fold } from '@evergrant/decider'
import type { Publication } from '@evergrant/event-contracts'
import type { EventStore, FactMetadata, RecordedFact, UnitOfWork } from './event-store.ts'

const attempts = 5

/** What folding a stream up to a version leads to. */
export interface Snapshot<State> {
  readonly state: State
  readonly version: number
}

/** Reads a stream's newest state without its facts; undefined where only the log can say.
 * What is read may be behind, never ahead: the append refuses what was decided on an old version. */
export type ReadSnapshot<State> = (unit: UnitOfWork, streamId: string) => Promise<Snapshot<State> | undefined>

export interface CommandHandling<State, Command, F extends Fact> {
  readonly decider: Decider<State, Command, F>
  readonly streamType: string
  readonly streamId: string
  readonly command: Command
  readonly metadata: FactMetadata
  readonly commandId?: string
  /** For streams that grow without end; default: every fact is read, each time. */
  readonly readSnapshot?: ReadSnapshot<State>
  /** What the caller has just seen of the stream, to spare reading it again. It may be old: only an append proves that it
   * was not, so a refusal, or nothing to do, is decided once more on what is read. */
  readonly known?: ReadSnapshot<State>
  /** Facts and rows in one statement where that is possible, see `TransactionOptions`. */
  readonly writeAtTheEnd?: boolean
  /** Which fact leaves as which contract; the default is none. Pure. */
  readonly publish?: (fact: F, after: State, before: State) => readonly Publication[]
  /** Rows that must commit with the facts, e.g. sealed tokens; not called when there are no facts. */
  readonly alongside?: (unit: UnitOfWork, facts: readonly F[], after: State) => Promise<void>
}

export interface CommandOutcome<State, F extends Fact> {
  /** The state after the command. */
  readonly state: State
  /** Empty when there was nothing to do. */
  readonly facts: readonly RecordedFact<F>[]
  readonly version: number
}

/** Loads, decides and appends in one transaction; a writer that lost the race decides again on fresh state.
 * Inside a unit of work it takes part in that transaction and leaves the retry to whoever opened it.
 * @throws DomainError whatever `decide` refuses with; `stream_moved_on` after five lost races. */
export async function handleCommand<State, Command, F extends Fact>(
  where: EventStore | UnitOfWork,
  handling: CommandHandling<State, Command, F>,
): Promise<CommandOutcome<State, F>> {
  const { known: _, ...onWhatIsRead } = handling
  if (!('transaction' in where)) return decideAndAppend(where, onWhatIsRead)
  const how = { writeAtTheEnd: handling.writeAtTheEnd ?? false }
  for (let attempt = 1; ; attempt++) {
    try {
      const now = attempt === 1 ? handling : onWhatIsRead
      return await where.transaction((unit) => decideAndAppend(unit, now), how)
    } catch (error) {
      const lostTheRace = error instanceof DomainError && error.code === 'stream_moved_on'
      if (!lostTheRace || attempt === attempts) throw error
    }
  }
}

async function decideAndAppend<State, Command, F extends Fact>(
  unit: UnitOfWork,
  handling: CommandHandling<State, Command, F>,
): Promise<CommandOutcome<State, F>> {
  const { decider, streamId, streamType, metadata, commandId } = handling
  const { state: before, version, facts } = await decided(unit, handling)
  if (facts.length === 0) return { state: before, facts: [], version }

  const publications: Publication[] = []
  let state = before
  for (const fact of facts) {
    const after = decider.evolve(state, fact)
    publications.push(...(handling.publish?.(fact, after, state) ?? []))
    state = after
  }
  const appended = await unit.append<F>({
    streamId,
    streamType,
    expectedVersion: version,
    facts,
    publications,
    metadata,
    ...(commandId === undefined ? {} : { commandId }),
  })
  // Seen before: what it led to is already part of what was read.
  if (appended.repeated) return { state: before, facts: appended.facts, version: appended.version }
  await handling.alongside?.(unit, facts, state)
  return { state, facts: appended.facts, version: appended.version }
}

interface Decided<State, F extends Fact> extends Snapshot<State> {
  readonly facts: readonly F[]
}

async function decided<State, Command, F extends Fact>(
  unit: UnitOfWork,
  handling: CommandHandling<State, Command, F>,
): Promise<Decided<State, F>> {
  const { decider, command, streamId } = handling
  const known = await handling.known?.(unit, streamId)
  if (known !== undefined) {
    const facts = decidedOn(known.state, handling)
    if (facts.length > 0) return { ...known, facts }
  }
  const read = await latest(unit, handling)
  return { ...read, facts: decider.decide(command, read.state) }
}

function decidedOn<State, Command, F extends Fact>(
  state: State,
  { decider, command }: CommandHandling<State, Command, F>,
): readonly F[] {
  try {
    return decider.decide(command, state)
  } catch (error) {
    // The refusal that counts is the one on what is read.
    if (error instanceof DomainError) return []
    throw error
  }
}

async function latest<State, Command, F extends Fact>(
  unit: UnitOfWork,
  { decider, streamId, readSnapshot }: CommandHandling<State, Command, F>,
): Promise<Snapshot<State>> {
  const snapshot = await readSnapshot?.(unit, streamId)
  if (snapshot !== undefined) return snapshot
  const { facts, version } = await unit.readStream<F>(streamId)
  return { state: fold(decider, facts), version }
}
