import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stackErrors } from '../errors.ts'
import { isRunning, markOf, readMark } from '../processes/pid-file.ts'

/** One stack a data directory. The lock names a process, so one that was killed holds nothing.
 * @returns how to let go.
 * @throws DomainError already_running */
export function lockDataDirectory(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 })
  const file = join(dataDir, 'supervisor.pid')
  const own = `${file}.${process.pid}`
  const mark = JSON.stringify(markOf(process.pid))
  writeFileSync(own, mark, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (linked(own, file)) return () => release(file, mark)
      const holder = readMark(file)
      if (holder !== undefined && isRunning(holder))
        throw stackErrors.already_running({
          message: `a stack already runs on ${dataDir} (pid ${holder.pid}): stop it first, or start another one with -- --data-dir <folder> --port <port>`,
        })
      // Renaming takes the dead lock away from exactly one of two starts.
      takeAway(file, `${own}.stale`)
    }
    throw stackErrors.already_running({ message: `another stack is starting on ${dataDir} right now` })
  } finally {
    rmSync(own, { force: true })
  }
}

function linked(own: string, file: string): boolean {
  try {
    // link(2) creates or fails in one step, with the content already there.
    linkSync(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function takeAway(file: string, stale: string): void {
  try {
    renameSync(file, stale)
    const taken = readMark(stale)
    // The other start was faster and this is its live lock: give it back.
    if (taken !== undefined && isRunning(taken)) linked(stale, file)
    rmSync(stale, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function release(file: string, mark: string): void {
  try {
    if (readFileSync(file, 'utf8') === mark) rmSync(file, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
