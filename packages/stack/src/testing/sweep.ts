import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOurs } from '../data-directory/is-ours.ts'
import { endLeftovers, isRunning, markOf, readMark } from '../processes/pid-file.ts'

export const testFolderPrefix = 'evergrant-test-'
const ownerFile = 'owner.json'

/** Says whose servers are in this folder, so that a later run may end them when their owner was killed. */
export function claim(folder: string): void {
  writeFileSync(join(folder, ownerFile), JSON.stringify(markOf(process.pid)), { mode: 0o600 })
}

/** Ends the servers of test runs that were killed, and removes their data. */
export async function sweepTestServers(parent = tmpdir()): Promise<void> {
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name)
    if (!name.startsWith(testFolderPrefix) || !isOurs(folder) || !existsSync(join(folder, ownerFile)))
      continue
    const owner = readMark(join(folder, ownerFile))
    if (owner !== undefined && isRunning(owner)) continue
    await endLeftovers(join(folder, 'run'))
    rmSync(folder, { recursive: true, force: true })
  }
}
