import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOurs } from '../data-directory/is-ours.ts'
import { stackErrors } from '../errors.ts'
import { canEnter, unprivilegedUser } from './unprivileged-user.ts'

const elsewhere = 'evergrant-data-'

/** Where the cluster lives: in the stack's data directory, or, for root with a folder that others cannot enter
 * (below /root, say), in a place of its own that is the same on every start. */
export function postgresDataDirectory(dataDir: string, scratch = '/var/tmp'): string {
  if (canEnter(dataDir, unprivilegedUser())) return join(dataDir, 'postgres')
  forgetOrphans(scratch)
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const folder = join(scratch, `${elsewhere}${mark}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (!isOurs(folder))
    throw stackErrors.foreign_server_unusable({ message: `${folder} belongs to somebody else: remove it` })
  writeFileSync(join(folder, 'belongs-to'), dataDir, { mode: 0o600 })
  return join(folder, 'postgres')
}

/** Clusters whose data directory somebody has deleted since. */
function forgetOrphans(scratch: string): void {
  for (const name of readdirSync(scratch)) {
    const owner = join(scratch, name, 'belongs-to')
    if (!name.startsWith(elsewhere) || !isOurs(join(scratch, name)) || !existsSync(owner)) continue
    if (!existsSync(readFileSync(owner, 'utf8')))
      rmSync(join(scratch, name), { recursive: true, force: true })
  }
}
