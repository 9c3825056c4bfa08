import { verificationErrors } from '../errors.ts'
import type { ManifestMigration } from '../manifest/manifest.ts'

type Recorded = Pick<ManifestMigration, 'name' | 'checksum'>

/** History only grows: what is on record is still there and says what it said.
 * @throws DomainError `migration_edited` or `migration_lost`, naming them. */
export function refuseRewrittenHistory(recorded: readonly Recorded[], now: readonly Recorded[]): void {
  const checksums = new Map(now.map(({ name, checksum }) => [name, checksum]))
  const lost = recorded.filter(({ name }) => !checksums.has(name)).map(({ name }) => name)
  if (lost.length > 0)
    throw verificationErrors.migration_lost({
      message: `Gone from the code, although on record: migration ${lost.join(', ')}.`,
    })
  const edited = recorded
    .filter(({ name, checksum }) => checksums.get(name) !== checksum)
    .map(({ name }) => name)
  if (edited.length > 0)
    throw verificationErrors.migration_edited({
      message: `Edited after it was applied: migration ${edited.join(', ')}. Put it back and write a new one.`,
    })
}
