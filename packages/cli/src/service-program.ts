import { spawn } from 'node:child_process'
import { CommandEnd, exitCodes, type Surroundings } from './outcome.ts'

/** One of the JSON lines a service's program tells its end, and the way there, in. */
export interface LogLine {
  readonly [field: string]: unknown
  readonly err?: { readonly code?: string; readonly message?: string }
}

export interface ServiceProgram {
  readonly service: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What failed, when it did: `not migrated`. */
  readonly failure: string
  readonly onLine?: (line: LogLine) => void
}

// The database was not to be had; everything else is work that failed.
const notTried = /^(migrator_busy|database_unavailable|invalid_config|ECONN|ENOTFOUND|ETIMEDOUT|28|3D000)/

/** Runs a program of a service to its end, in a process of its own: the CLI imports no service.
 * @throws CommandEnd when it did not come to its end, with what it said. */
export async function runServiceProgram(
  { service, file, args, env, failure, onLine }: ServiceProgram,
  surroundings: Surroundings,
): Promise<readonly LogLine[]> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...surroundings.env, ...env, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const texts = (rest + chunk).split('\n')
      rest = texts.pop() ?? ''
      for (const line of texts.flatMap(parse)) {
        lines.push(line)
        onLine?.(line)
      }
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code === 0) return lines
  const { code: word = '', message = '' } = lines.find(({ err }) => err !== undefined)?.err ?? {}
  const said = [message || 'Its program ended without a word.', ...(word === '' ? [] : [`(${word})`])]
  const exitCode = notTried.test(word) ? exitCodes.couldNotCheck : exitCodes.failed
  throw new CommandEnd(exitCode, `${service}: ${failure}. ${said.join(' ')}`)
}

function parse(line: string): LogLine[] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? [{ ...value }] : []
  } catch {
    return []
  }
}
