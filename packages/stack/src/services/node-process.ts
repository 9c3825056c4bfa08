import { spawn } from 'node:child_process'
import { stackErrors } from '../errors.ts'
import type { ProcessPlan } from '../processes/process-plan.ts'

export interface NodeProcess {
  readonly name: string
  /** An entry file Node runs as it is. */
  readonly entry: string
  readonly port: number
  /** Answers 200 as soon as the process serves. */
  readonly livePath: string
  readonly env: Readonly<Record<string, string>>
}

/** A process of ours that speaks HTTP on a fixed port. */
export function nodeProcessPlan({ name, entry, port, livePath, env }: NodeProcess): ProcessPlan {
  return {
    name,
    command: process.execPath,
    args: [entry],
    env: { ...env, HOST: '127.0.0.1', PORT: `${port}` },
    port,
    stopSignal: 'SIGTERM',
    // A little longer than a service takes to give up draining by itself.
    stopTimeoutMs: 22_000,
    startTimeoutMs: 60_000,
    probe: async () => {
      const response = await fetch(`http://127.0.0.1:${port}${livePath}`, {
        signal: AbortSignal.timeout(2_000),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`${livePath} answered ${response.status}`)
    },
  }
}

/** Runs an entry file to its end.
 * @throws DomainError process_not_ready, with the last output as detail, when it does not end well. */
export function runToEnd(
  name: string,
  entry: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'], signal })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4_096)
      })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      reject(
        stackErrors.process_not_ready({
          message: `${name} failed (exit code ${code})`,
          detail: output.trim(),
        }),
      )
    })
  })
}
