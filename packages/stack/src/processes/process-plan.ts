/** An unprivileged account to run as; only root can and must switch. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

/** How one process is started, known to be ready, and stopped. Data, so that tests can run stand-ins. */
export interface ProcessPlan {
  /** Unique in a stack, e.g. `token-service-2`; also the name of its log and pid file. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly runAs?: RunAs
  readonly cwd?: string
  /** Where it will listen on loopback; must be free before it starts, or a stranger would answer for it. */
  readonly port: number
  readonly stopSignal: NodeJS.Signals
  /** After this long the process is killed instead. */
  readonly stopTimeoutMs: number
  readonly startTimeoutMs: number
  /** Runs before every start, e.g. to clear what a killed predecessor left. */
  readonly prepare?: () => Promise<void>
  /** One look: resolves when the process serves, rejects while it does not. */
  readonly probe: () => Promise<void>
}
