import type { Environment } from './options.ts'

/** Everything the stack takes from outside; nobody else reads `process.env` or `process.argv`. */
export function surroundings(): {
  readonly args: readonly string[]
  readonly env: Environment
  readonly cwd: string
  readonly startedByNpm: boolean
} {
  const { env } = process
  return {
    args: process.argv.slice(2),
    env,
    cwd: process.cwd(),
    startedByNpm: env.npm_lifecycle_event !== undefined,
  }
}
