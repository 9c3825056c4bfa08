import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { stackErrors } from '../errors.ts'
import type { ProcessPlan } from './process-plan.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running process of ours. `exited` always resolves, whoever ended it. */
export interface Launched {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** Sends the plan's stop signal, and SIGKILL to the whole group when that takes too long. */
  stop(): Promise<void>
  kill(signal: NodeJS.Signals): void
}

const probeEveryMs = 25
const keptOutputBytes = 4_096

/** Starts a process in a group of its own (so that Ctrl-C reaches only the supervisor, which stops in order)
 * and waits until it serves.
 * @throws DomainError process_not_ready, with the last output as detail. */
export async function launchProcess(
  plan: ProcessPlan,
  options: { readonly logFile?: string; readonly onSpawn?: (pid: number) => void } = {},
): Promise<Launched> {
  await plan.prepare?.()
  const child = spawn(plan.command, [...plan.args], {
    env: plan.env,
    cwd: plan.cwd ?? '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...plan.runAs,
  })
  const output = keepOutput(child, options.logFile)
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const spawnFailure = await spawned(child)
  const { pid } = child
  if (spawnFailure !== undefined || pid === undefined)
    throw stackErrors.process_not_ready({
      message: `${plan.name} could not be started`,
      cause: spawnFailure,
      detail: `${spawnFailure}`,
    })
  options.onSpawn?.(pid)
  const launched: Launched = {
    pid,
    exited,
    kill: (signal) => signalGroup(pid, signal),
    stop: async () => {
      signalOne(pid, plan.stopSignal)
      const cancel = new AbortController()
      const overdue = delay(plan.stopTimeoutMs, 'overdue' as const, { signal: cancel.signal }).catch(
        () => 'cancelled',
      )
      const ended = await Promise.race([exited, overdue])
      cancel.abort()
      // Also after a clean exit: nothing the process may have started outlives it.
      signalGroup(pid, 'SIGKILL')
      if (ended === 'overdue') await exited
    },
  }
  await untilReady(plan, launched, output)
  return launched
}

function spawned(child: ChildProcess): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(undefined))
    child.once('error', resolve)
  })
}

async function untilReady(plan: ProcessPlan, launched: Launched, output: () => string): Promise<void> {
  let exit: Exit | undefined
  void launched.exited.then((value) => {
    exit = value
  })
  let lastFailure: unknown
  const deadline = Date.now() + plan.startTimeoutMs
  while (Date.now() < deadline && exit === undefined) {
    try {
      await plan.probe()
      // A foreign server on the port answers the probe as well; ours would be gone a moment later.
      if (exit === undefined) return
    } catch (error) {
      lastFailure = error
    }
    await delay(probeEveryMs)
  }
  await launched.stop()
  const why =
    exit === undefined
      ? `was not ready after ${plan.startTimeoutMs / 1000} s`
      : `ended while starting (${exit.signal ?? `exit code ${exit.code}`})`
  throw stackErrors.process_not_ready({
    message: `${plan.name} ${why}`,
    detail: output(),
    cause: lastFailure,
  })
}

/** Keeps the last output for an error message; everything goes to the log file. */
function keepOutput(child: ChildProcess, logFile: string | undefined): () => string {
  let kept = ''
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log?.write(chunk)
      kept = (kept + chunk.toString()).slice(-keptOutputBytes)
    })
  child.once('close', () => log?.end())
  return () => kept.trim()
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    ignoreGone(error)
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    ignoreGone(error)
  }
}

/** ESRCH is the outcome that was asked for; EPERM means that the pid already belongs to somebody else. */
function ignoreGone(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ESRCH' && code !== 'EPERM') throw error
}
