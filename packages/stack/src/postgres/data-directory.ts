import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { canEnter, unprivilegedUser } from './unprivileged-user.ts'

/** Where the cluster lives: in the stack's data directory, or, for root with a checkout that others cannot enter
 * (below /root, say), in a place of its own that is the same on every start. */
export function postgresDataDirectory(dataDir: string, scratch = '/var/tmp'): string {
  if (canEnter(dataDir, unprivilegedUser())) return join(dataDir, 'postgres')
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  return join(scratch, `evergrant-data-${mark}`, 'postgres')
}
