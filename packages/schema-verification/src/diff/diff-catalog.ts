import type { Catalog } from '../catalog/catalog.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { phaseOf } from '../migrations/migration-phase.ts'
import { capabilitiesHit } from './capability-impact.ts'
import { diffJournal, journalStanding } from './diff-journal.ts'
import { diffNames } from './diff-names.ts'
import { diffObjects } from './diff-objects.ts'
import { diffRelations } from './diff-relations.ts'
import { diffObjectRights } from './diff-rights.ts'
import { type Difference, findingOf } from './difference.ts'
import { type Finding, findingClasses } from './finding.ts'

/** Every way in which the database is not what the manifest says, the worst first. */
export function diffCatalog(manifest: Manifest, actual: Catalog): Finding[] {
  return differencesOf(manifest, actual).map((difference) =>
    findingOf(difference, capabilitiesHit(difference, manifest.contract)),
  )
}

export function differencesOf(manifest: Manifest, actual: Catalog): Difference[] {
  const expected = manifest.catalog
  const found = [
    ...diffRelations(manifest, actual),
    ...diffObjects(expected, actual),
    ...diffObjectRights(expected, actual),
    ...diffNames(expected, actual),
    ...diffJournal(manifest, actual),
  ]
  const unexplained = aheadByExpansion(manifest, actual) ? found.filter(isNoExpansion) : found
  return unexplained.sort(
    (one, other) =>
      findingClasses.indexOf(one.class) - findingClasses.indexOf(other.class) ||
      (one.path < other.path ? -1 : 1),
  )
}

// A newer release has made room, as it said: no drift, and no alarm in the middle of a deployment.
function isNoExpansion({ class: word, kind }: Difference): boolean {
  return word !== 'info' && !/(_extra|values_widened|not_null_dropped|function_changed)$/.test(kind)
}

function aheadByExpansion(manifest: Manifest, actual: Catalog): boolean {
  const ahead = journalStanding(manifest, actual)?.ahead ?? []
  return ahead.length > 0 && ahead.every((name) => phaseOf(name) === 'expand')
}
