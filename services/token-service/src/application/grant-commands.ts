import type { EventStore, FactMetadata, ReadSnapshot, Snapshot, UnitOfWork } from '@evergrant/event-store'
import { type CommandOutcome, handleCommand } from '@evergrant/event-store'
import { grantDecider } from '../domain/grant.ts'
import type { GrantCommand } from '../domain/grant-commands.ts'
import { type GrantFact, grantStreamOf, grantStreamType } from '../domain/grant-facts.ts'
import type { GrantState } from '../domain/grant-state.ts'
import { publicationsOf } from './publications.ts'

export interface GrantHandling {
  readonly grantId: string
  readonly command: GrantCommand
  readonly metadata: FactMetadata
  /** A command that comes again with the same id changes nothing. */
  readonly commandId?: string
  /** The grant as the caller has just seen it, to spare reading it again. */
  readonly known?: Snapshot<GrantState>
  /** Rows that commit with the facts; not called when the command changed nothing. */
  readonly alongside?: (unit: UnitOfWork, facts: readonly GrantFact[], after: GrantState) => Promise<void>
}

/** Sends a command to one grant, in a transaction of its own or in the one it is given. */
export type HandleGrant = (
  handling: GrantHandling,
  unit?: UnitOfWork,
) => Promise<CommandOutcome<GrantState, GrantFact>>

export function grantHandler(deps: {
  readonly store: EventStore
  readonly publicUrl: string
  /** A grant gets two facts an hour for years: without snapshots each command reads all of them. */
  readonly snapshots?: {
    readonly read: ReadSnapshot<GrantState>
    /** Tells projections what the facts of this unit are decided on. */
    readonly remember: (unit: UnitOfWork, streamId: string, snapshot: Snapshot<GrantState>) => void
  }
}): HandleGrant {
  const publish = publicationsOf(deps.publicUrl)
  const { snapshots } = deps
  const recall =
    (known: Snapshot<GrantState>): ReadSnapshot<GrantState> =>
    async (unit, streamId) => {
      snapshots?.remember(unit, streamId, known)
      return known
    }
  return ({ grantId, command, metadata, commandId, known, alongside }, unit) =>
    handleCommand(unit ?? deps.store, {
      decider: grantDecider,
      streamType: grantStreamType,
      streamId: grantStreamOf(grantId),
      command,
      metadata,
      publish,
      writeAtTheEnd: true,
      ...(snapshots === undefined ? {} : { readSnapshot: snapshots.read }),
      ...(known === undefined ? {} : { known: recall(known) }),
      ...(commandId === undefined ? {} : { commandId }),
      ...(alongside === undefined ? {} : { alongside }),
    })
}
