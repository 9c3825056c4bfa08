import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A process as it can be found again: a pid alone may belong to a stranger by now. */
export interface ProcessMark {
  readonly pid: number
  /** When it started, in the system's own words; with the pid it names one process for as long as the machine runs. */
  readonly started: string
}

/** @returns undefined when there is no such process, or only its unreaped remains. */
export function markOf(pid: number): ProcessMark | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' })
    const started = (stdout ?? '').trim()
    return started === '' ? undefined : { pid, started }
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may itself hold spaces and parentheses; proc(5) counts the fields behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

export function isRunning(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started
}

/** Remembers which processes are ours, for the start after a supervisor that was killed itself. */
export function recordProcess(folder: string, name: string, pid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const mark = markOf(pid)
  if (mark !== undefined) writeFileSync(join(folder, `${name}.json`), JSON.stringify(mark), { mode: 0o600 })
}

export function forgetProcess(folder: string, name: string): void {
  rmSync(join(folder, `${name}.json`), { force: true })
}

/** Ends what a killed supervisor left: asks, waits, kills.
 * @returns the names of what was still running. */
export async function endLeftovers(folder: string, patienceMs = 10_000): Promise<string[]> {
  const names = namesIn(folder)
  const left = names.flatMap((name) => {
    const mark = readMark(join(folder, `${name}.json`))
    return mark !== undefined && isRunning(mark) ? [{ name, mark }] : []
  })
  // SIGINT: every process of ours takes it as an orderly stop, and for PostgreSQL it is the fast one.
  for (const { mark } of left) signalGroup(mark.pid, 'SIGINT')
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline && left.some(({ mark }) => isRunning(mark))) await delay(50)
  for (const { mark } of left) if (isRunning(mark)) signalGroup(mark.pid, 'SIGKILL')
  while (left.some(({ mark }) => isRunning(mark))) await delay(50)
  for (const name of names) forgetProcess(folder, name)
  return left.map(({ name }) => name)
}

export function readMark(file: string): ProcessMark | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(pid) && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined
  }
}

/** Signals a process and everything in its group. That it is gone already is the outcome that was asked for. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []))
  } catch {
    return []
  }
}
