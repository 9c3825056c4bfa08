/** Stopped from the last to the first: who is in front goes first, and the databases outlive everyone. */
export const stages = ['data directory', 'postgres', 'nats', 'google', 'services', 'gateway'] as const

export type Stage = (typeof stages)[number]

/** What has been started, so that it can be stopped in order, also when a start was interrupted half-way. */
export interface Started {
  readonly stopping: AbortSignal
  add(stage: Stage, stop: () => Promise<void>): void
  /** Stage after stage, everything within one side by side. @returns what could not be stopped in order. */
  stopAll(): Promise<unknown[]>
}

export function createStarted(stopping: AbortSignal): Started {
  const stops = new Map<Stage, (() => Promise<void>)[]>()
  return {
    stopping,
    add: (stage, stop) => stops.set(stage, [...(stops.get(stage) ?? []), stop]),
    stopAll: async () => {
      const failures: unknown[] = []
      for (const stage of stages.toReversed()) {
        const results = await Promise.allSettled((stops.get(stage) ?? []).map((stop) => stop()))
        for (const result of results) if (result.status === 'rejected') failures.push(result.reason)
      }
      return failures
    },
  }
}
