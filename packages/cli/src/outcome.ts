/** What the exit code says (CONTRACT 5): never 0 when it could not check. */
export const exitCodes = { held: 0, failed: 1, found: 2, couldNotCheck: 3 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends a command with a plain line on stderr. */
export class CommandEnd extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CommandEnd'
    this.exitCode = exitCode
  }
}

export function couldNotCheck(message: string, cause?: unknown): CommandEnd {
  return new CommandEnd(exitCodes.couldNotCheck, message, cause)
}

/** What a command may touch; tests bring their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly write: (line: string) => void
  readonly warn: (line: string) => void
  readonly now: () => Date
  /** Ends a command that would go on by itself. */
  readonly interrupted: AbortSignal
}
