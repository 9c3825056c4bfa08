import type { Clock } from '@evergrant/decider'

export type CapabilityStatus = 'ok' | 'degraded' | 'unavailable'

/** What a capability can say about itself; safe to show to anyone. */
export interface CapabilityReport {
  readonly status: CapabilityStatus
  /** One stable word, e.g. `database_unreachable`; required in spirit unless `ok`. */
  readonly reason?: string
  /** One sentence for people. */
  readonly description?: string
  /** Although `unavailable`, it is no reason to send callers elsewhere: every replica is in the same state. */
  readonly keepsReady?: boolean
}

export interface CapabilityHealth extends CapabilityReport {
  readonly name: string
  /** Since when it has this status, ISO time. */
  readonly since: string
}

export interface Readiness {
  readonly ready: boolean
  readonly capabilities: readonly CapabilityHealth[]
}

export type CapabilityCheck = () => CapabilityReport | Promise<CapabilityReport>

/** Health per capability. Ready while nothing is `unavailable` that another replica could have; `degraded` still serves. */
export interface Health {
  /** Registers what callers can rely on, e.g. `token.read`. A check that throws or takes over two seconds is `unavailable`. */
  capability(name: string, check: CapabilityCheck): void
  /** Sees every report of every capability before it is told, and may tell a worse one. */
  overlay(worsen: (name: string, report: CapabilityReport) => CapabilityReport): void
  ready(): Promise<Readiness>
  /** From here on not ready, so that nobody sends new work while the process finishes the old. */
  drain(): void
}

const checkTimeoutMs = 2_000

/** Health that asks its checks on every question; questions at the same time share one answer. */
export function createHealth({ clock }: { readonly clock: Clock }): Health {
  const checks = new Map<string, CapabilityCheck>()
  const last = new Map<string, { readonly status: CapabilityStatus; readonly since: string }>()
  const overlays: ((name: string, report: CapabilityReport) => CapabilityReport)[] = []
  let draining = false
  let underWay: Promise<Readiness> | undefined

  const ask = async (): Promise<Readiness> => {
    let ready = true
    const capabilities = await Promise.all(
      [...checks].map(async ([name, check]) => {
        const answer = await answerOf(check)
        const { keepsReady, ...report } = overlays.reduce((told, worsen) => worsen(name, told), answer)
        if (report.status === 'unavailable' && keepsReady !== true) ready = false
        const before = last.get(name)
        const since = before?.status === report.status ? before.since : clock.now().toISOString()
        last.set(name, { status: report.status, since })
        return { name, ...report, since }
      }),
    )
    return { ready, capabilities }
  }

  return {
    capability: (name, check) => {
      checks.set(name, check)
    },
    overlay: (worsen) => {
      overlays.push(worsen)
    },
    drain: () => {
      draining = true
    },
    ready: async () => {
      underWay ??= ask().finally(() => {
        underWay = undefined
      })
      const readiness = await underWay
      if (!draining) return readiness
      const process: CapabilityHealth = {
        name: 'process',
        status: 'unavailable',
        reason: 'shutting_down',
        since: clock.now().toISOString(),
      }
      return { ready: false, capabilities: [process, ...readiness.capabilities] }
    },
  }
}

async function answerOf(check: CapabilityCheck): Promise<CapabilityReport> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<CapabilityReport>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'unavailable', reason: 'check_timed_out' }), checkTimeoutMs)
  })
  try {
    return await Promise.race([Promise.resolve().then(check), late])
  } catch {
    // A check reports what it knows; one that throws knows only that it could not look.
    return { status: 'unavailable', reason: 'check_failed' }
  } finally {
    clearTimeout(timer)
  }
}
