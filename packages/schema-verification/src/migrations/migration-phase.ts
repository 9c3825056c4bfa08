import type { MigrationPhase } from '../manifest/manifest.ts'

/** `0007-contract-drop-old-scope` takes away what older code needs, and says so in its name; every other one adds. */
export function phaseOf(name: string): MigrationPhase {
  return /^\d+-contract-/.test(name) ? 'contract' : 'expand'
}
