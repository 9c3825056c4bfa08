import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isRunning, markOf, type ProcessMark } from '../processes/pid-file.ts'

const patienceMs = 5_000

/** Ends the backends of a server that was killed. One in the middle of a long query does not notice for minutes, and
 * as long as it is attached to the shared memory no new server may start. Linux only: elsewhere the retries of the
 * supervisor wait for them. */
export async function endOrphanedBackends(dataDir: string): Promise<void> {
  const orphans = backendsOf(dataDir)
  for (const { pid } of orphans)
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  for (let waited = 0; waited < patienceMs && orphans.some(isRunning); waited += 20) await delay(20)
}

/** Every PostgreSQL process works in its data directory, which is how it can be told from others. */
function backendsOf(dataDir: string): ProcessMark[] {
  if (process.platform !== 'linux') return []
  const home = realpathSync(dataDir)
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || linkOf(`/proc/${name}/cwd`) !== home) return []
    if (!linkOf(`/proc/${name}/exe`)?.endsWith('/bin/postgres')) return []
    return markOf(pid) ?? []
  })
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // Gone this moment, or somebody else's process.
    return undefined
  }
}
