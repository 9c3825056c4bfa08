import { verificationErrors } from '@evergrant/schema-verification'
import type { WayBack } from './ways-back.ts'

export interface DownQuestion {
  /** In the order of the journal. */
  readonly applied: readonly string[]
  /** What this code knows, in the order it runs. */
  readonly known: readonly WayBack[]
  /** The migration to stay at, by name or number; `0` for none. Default: all but the last one. */
  readonly to?: string
  readonly acceptDataLoss?: boolean
}

/** Which migrations are taken back, latest first. Decided as a whole, before the first one runs.
 * @throws DomainError `migration_unknown`, `migration_forward_only`, `migration_loses_data`. */
export function planDown({ applied, known, to, acceptDataLoss = false }: DownQuestion): string[] {
  const steps = (to === undefined ? applied.slice(-1) : applied.slice(staying(applied, to))).toReversed()
  const losing: string[] = []
  for (const step of steps) {
    const migration = known.find(({ name }) => name === step)
    if (migration === undefined)
      throw verificationErrors.migration_unknown({
        message: `Migration ${step} was applied by another release; only that release can take it back.`,
      })
    if (!migration.reversible)
      throw verificationErrors.migration_forward_only({
        message: `Migration ${step} cannot be taken back; nothing was.`,
      })
    const loses = migration.loses ?? ['it does not say what']
    if (loses.length > 0) losing.push(`${step} (${loses.join('; ')})`)
  }
  if (losing.length > 0 && !acceptDataLoss)
    throw verificationErrors.migration_loses_data({
      message: `Nothing was taken back, for it would destroy data that up cannot restore: ${losing.join(', ')}. Accept it with --accept-data-loss.`,
    })
  return steps
}

/** How many of the applied ones stay. The packages' migrations share numbers with the service's own, which come last. */
function staying(applied: readonly string[], to: string): number {
  if (/^0+$/.test(to)) return 0
  const exact = applied.lastIndexOf(to)
  const at =
    exact >= 0 || !/^\d+$/.test(to)
      ? exact
      : applied.findLastIndex((name) => Number.parseInt(name, 10) === Number(to))
  if (at < 0)
    throw verificationErrors.migration_unknown({
      message: `No applied migration ${to}; there are ${applied.join(', ')}.`,
    })
  return at + 1
}
