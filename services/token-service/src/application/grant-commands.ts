import type { EventStore, FactMetadata, ReadSnapshot, UnitOfWork } from '@evergrant/event-store'
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
  /** A grant gets two facts an hour for years: without a snapshot each command reads all of them. */
  readonly readSnapshot?: ReadSnapshot<GrantState>
}): HandleGrant {
  const publish = publicationsOf(deps.publicUrl)
  return ({ grantId, command, metadata, commandId, alongside }, unit) =>
    handleCommand(unit ?? deps.store, {
      decider: grantDecider,
      streamType: grantStreamType,
      streamId: grantStreamOf(grantId),
      command,
      metadata,
      publish,
      ...(deps.readSnapshot === undefined ? {} : { readSnapshot: deps.readSnapshot }),
      ...(commandId === undefined ? {} : { commandId }),
      ...(alongside === undefined ? {} : { alongside }),
    })
}
