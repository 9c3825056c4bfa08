import { z } from 'zod'
import type { Contract } from '../define-contract.ts'
import { type Incompatibility, incompatibilities } from './compare-schemas.ts'
import type { JsonSchema } from './json-schema.ts'

/** What a contract's publishers write and what its consumers accept; they differ by defaults and unknown keys. */
export interface ContractSchemas {
  readonly writes: JsonSchema
  readonly reads: JsonSchema
}

/** Today's, from the code. */
export function schemasOf({ schema }: Contract): ContractSchemas {
  // zod's own type allows more keywords; the comparer refuses those it does not know.
  return {
    writes: z.toJSONSchema(schema, { io: 'output' }) as JsonSchema,
    reads: z.toJSONSchema(schema, { io: 'input' }) as JsonSchema,
  }
}

export interface BrokenPromise extends Incompatibility {
  readonly says: string
}

/** Full transitive compatibility: what any earlier revision wrote is still in streams and logs, and whoever runs it still
 * reads. `revisions` are those of one contract, oldest first. */
export function brokenPromises(
  today: ContractSchemas,
  revisions: readonly ContractSchemas[],
): readonly BrokenPromise[] {
  return revisions.flatMap((revision, at) => [
    ...incompatibilities(revision.writes, today.reads).map((found) => ({
      ...found,
      says: `what revision ${at + 1} wrote, today's code cannot read`,
    })),
    ...incompatibilities(today.writes, revision.reads).map((found) => ({
      ...found,
      says: `what today's code writes, readers of revision ${at + 1} refuse`,
    })),
  ])
}

/** Whether a list of revisions still begins with an earlier list of them. Compared as text: the order of keys is part of it. */
export function isContinued(earlier: readonly unknown[], later: readonly unknown[]): boolean {
  return earlier.every((entry, at) => JSON.stringify(entry) === JSON.stringify(later[at]))
}
