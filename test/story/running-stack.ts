import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'

/** `<data-dir>/endpoints.json`, the shape CONTRACT 1 promises. */
export interface Endpoints {
  readonly gateway: string
  readonly google: { readonly issuer: string; readonly apiRootUrl: string; readonly emulated: boolean }
  readonly nats: { readonly url: string; readonly monitorUrl: string; readonly pid: number | null }
  readonly postgres: {
    readonly adminUrl: string
    readonly pid: number | null
    readonly databases: Readonly<Record<string, string>>
  }
  readonly services: readonly {
    readonly name: string
    readonly replica: number
    readonly pid: number
    readonly url: string
  }[]
}

export interface RunningStack {
  readonly dataDir: string
  /** Read anew each time: a restarted process has another pid. */
  endpoints(): Endpoints
  /** A JWT of the development issuer, as the CLI prints it. */
  token(sub: string, scope?: string): Promise<string>
  /** What the CLI prints. @throws when it does not end with 0. */
  evergrant(...args: readonly string[]): Promise<string>
  /** How the CLI ends, whatever its exit code. */
  runCli(...args: readonly string[]): Promise<CliEnd>
  /** Stops what this started; leaves a stack it only found alone. */
  stop(): Promise<void>
}

export interface CliEnd {
  readonly exitCode: number | null
  readonly out: string
  readonly err: string
}

const root = join(import.meta.dirname, '../..')

export async function isHealthy(gateway: string): Promise<boolean> {
  return fetch(`${gateway}/health`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.status === 200,
    () => false,
  )
}

/** The stack that runs on this data directory. */
export function findStack(dataDir: string): RunningStack {
  const endpoints = (): Endpoints => JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'))
  return {
    dataDir,
    endpoints,
    token: (sub, scope) =>
      evergrant(dataDir, ['token', '--sub', sub, ...(scope === undefined ? [] : ['--scope', scope])]),
    evergrant: (...args) => evergrant(dataDir, args),
    runCli: (...args) => runCli(dataDir, args),
    stop: async () => {},
  }
}

/** Starts a stack of its own as `npm start` does, and waits until its gateway says all is ready. */
export async function startStack(
  dataDir: string,
  options: {
    readonly arguments?: readonly string[]
    /** Besides that of this process. */
    readonly env?: Readonly<Record<string, string>>
    readonly onOutput?: (text: string) => void
  } = {},
): Promise<RunningStack & { readonly process: ChildProcess }> {
  const started = spawn(
    process.execPath,
    ['packages/stack/src/main.ts', '--data-dir', dataDir, '--port', '0', ...(options.arguments ?? [])],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  )
  let output = ''
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
    options.onOutput?.(chunk.toString())
  }
  started.stdout.on('data', keep)
  started.stderr.on('data', keep)
  const exited = new Promise<void>((resolve) => started.once('exit', () => resolve()))

  const stop = async () => {
    started.kill('SIGTERM')
    await exited
  }
  const stack = findStack(dataDir)
  try {
    await eventually(
      async () => {
        if (started.exitCode !== null)
          throw new Error(`the stack exited with ${started.exitCode}:\n${output}`)
        return existsSync(join(dataDir, 'endpoints.json')) && (await isHealthy(stack.endpoints().gateway))
      },
      {
        what: () => `the stack to become healthy; it said:\n${output}`,
        timeoutMs: 120_000,
        fatal: () => started.exitCode !== null,
      },
    )
  } catch (error) {
    if (started.exitCode === null) await stop()
    throw error
  }
  return { ...stack, process: started, stop }
}

async function evergrant(dataDir: string, args: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await runCli(dataDir, args)
  if (exitCode !== 0) throw new Error(`"evergrant ${args[0]}" ended with ${exitCode}: ${out}${err}`)
  return out
}

async function runCli(dataDir: string, args: readonly string[]): Promise<CliEnd> {
  const cli = spawn(process.execPath, ['packages/cli/src/main.ts', ...args, '--data-dir', dataDir], {
    cwd: root,
  })
  let out = ''
  let err = ''
  cli.stdout.on('data', (chunk) => {
    out += chunk
  })
  cli.stderr.on('data', (chunk) => {
    err += chunk
  })
  const exitCode = await new Promise<number | null>((resolve) => cli.once('close', resolve))
  return { exitCode, out: out.trim(), err: err.trim() }
}
