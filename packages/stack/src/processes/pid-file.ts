import { readFileSync } from 'node:fs'

/** Whether a process lives and, where the system tells (Linux), its command line contains `mark`: a pid alone
 * may belong to a stranger by now. */
export function isAlive(pid: number, mark = ''): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    if (/\) Z /.test(stat)) return false
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
  } catch {
    return process.platform !== 'linux'
  }
}
