import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { stackErrors } from '../errors.ts'
import { isListening } from './free-port.ts'
import { signalGroup } from './pid-file.ts'
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
 * @throws DomainError port_taken; process_not_ready, with the last output as detail. */
export async function launchProcess(
  plan: ProcessPlan,
  options: {
    readonly logFile?: string
    readonly onSpawn?: (pid: number) => void
    /** Gives up waiting and stops the process. */
    readonly signal?: AbortSignal
  } = {},
): Promise<Launched> {
  await plan.prepare?.()
  if (await isListening(plan.port))
    throw stackErrors.port_taken({ message: `port ${plan.port} of ${plan.name} is taken by another program` })
  // Straight into the file: a supervisor that dies takes no pipe away from the processes it leaves behind.
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o600)
  const logStart = log === undefined ? 0 : fstatSync(log).size
  const child = spawn(plan.command, [...plan.args], {
    env: plan.env,
    cwd: plan.cwd ?? '/',
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
    detached: true,
    ...plan.runAs,
  })
  if (log !== undefined) closeSync(log)
  const output =
    options.logFile === undefined ? keepOutput(child) : () => tailOf(options.logFile ?? '', logStart)
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
      child.kill(plan.stopSignal)
      const cancel = new AbortController()
      const overdue = delay(plan.stopTimeoutMs, 'overdue' as const, { signal: cancel.signal }).catch(
        () => 'cancelled',
      )
      const how = await Promise.race([exited, overdue])
      cancel.abort()
      // Also after a clean exit: nothing the process may have started outlives it.
      signalGroup(pid, 'SIGKILL')
      if (how === 'overdue') await exited
    },
  }
  await untilReady(plan, launched, output, options.signal)
  return launched
}

function spawned(child: ChildProcess): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(undefined))
    child.once('error', resolve)
  })
}

async function untilReady(
  plan: ProcessPlan,
  launched: Launched,
  output: () => string,
  signal?: AbortSignal,
): Promise<void> {
  let exit: Exit | undefined
  void launched.exited.then((value) => {
    exit = value
  })
  let lastFailure: unknown
  const deadline = Date.now() + plan.startTimeoutMs
  while (Date.now() < deadline && exit === undefined && !signal?.aborted) {
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

/** Keeps the last output for an error message. */
function keepOutput(child: ChildProcess): () => string {
  let kept = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      kept = (kept + chunk.toString()).slice(-keptOutputBytes)
    })
  return () => kept.trim()
}

function tailOf(file: string, from: number): string {
  return readFileSync(file).subarray(from).toString().slice(-keptOutputBytes).trim()
}
