import type { CapabilityContract, SchemaContract, TableUse } from '../manifest/contract.ts'
import { type Access, type Difference, impactOf, type Touch } from './difference.ts'
import type { CapabilityState } from './finding.ts'

/** The capabilities whose statements name what the difference touches. */
export function capabilitiesHit(difference: Difference, contract: SchemaContract): string[] {
  if (impactOf(difference) === 'ok') return []
  return Object.entries(contract.capabilities)
    .filter(([, capability]) => isHit(capability, difference))
    .map(([name]) => name)
}

function isHit({ uses, calls = [] }: CapabilityContract, difference: Difference): boolean {
  return (
    (difference.touches ?? []).some((touch) => uses.some((use) => overlaps(use, touch))) ||
    (difference.calls ?? []).some((name) =>
      calls.some((call) => name === call || name.startsWith(`${call}(`)),
    )
  )
}

function overlaps(use: TableUse, { table, columns, access }: Touch): boolean {
  if (use.table !== table) return false
  return access.some((how) => {
    const named = columnsUsed(use, how)
    if (named === undefined) return false
    // A delete names no column; it needs the table and the right.
    if (columns === undefined) return true
    return columns.some((column) => named.includes(column))
  })
}

function columnsUsed(use: TableUse, how: Access): readonly string[] | undefined {
  switch (how) {
    case 'read':
      // An upsert reads the columns it conflicts on, and needs the right to.
      return use.reads === undefined ? use.conflictOn : [...use.reads, ...(use.conflictOn ?? [])]
    case 'insert':
      return use.inserts === undefined ? undefined : [...use.inserts, ...(use.conflictOn ?? [])]
    case 'update':
      return use.updates === undefined ? undefined : [...use.updates, ...(use.conflictOn ?? [])]
    case 'delete':
      return use.deletes === true ? [] : undefined
  }
}

/** What is left of each capability: as bad as the worst difference that hits it. */
export function capabilityStates(
  differences: readonly Difference[],
  contract: SchemaContract,
): Record<string, CapabilityState> {
  const states: Record<string, CapabilityState> = {}
  for (const name of Object.keys(contract.capabilities)) states[name] = 'ok'
  for (const difference of differences) {
    const impact = impactOf(difference)
    for (const name of capabilitiesHit(difference, contract))
      if (states[name] !== 'unavailable') states[name] = impact
  }
  return states
}
