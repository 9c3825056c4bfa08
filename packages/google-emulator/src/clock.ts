/** How the emulator's time relates to real time: an offset, or one frozen moment. */
export interface ClockSetting {
  readonly offsetMs: number
  readonly frozenAt: number | null
}

/** Real time plus an offset; can be moved and stopped, so expiry needs no waiting. */
export interface EmulatorClock {
  now(): Date
  advance(seconds: number): void
  /** Stops time at `at`, or where it is. */
  freeze(at?: Date): void
  /** Lets a frozen clock run on from the moment it shows. */
  resume(): void
  setting(): ClockSetting
  restore(setting: ClockSetting): void
}

/** A movable clock over `real` (default: this machine's time). */
export function createEmulatorClock(real: { now(): Date } = { now: () => new Date() }): EmulatorClock {
  let offsetMs = 0
  let frozenAt: number | null = null
  const now = () => new Date(frozenAt ?? real.now().getTime() + offsetMs)
  return {
    now,
    advance(seconds) {
      if (frozenAt === null) offsetMs += seconds * 1000
      else frozenAt += seconds * 1000
    },
    freeze(at) {
      frozenAt = (at ?? now()).getTime()
    },
    resume() {
      if (frozenAt !== null) offsetMs = frozenAt - real.now().getTime()
      frozenAt = null
    },
    setting: () => ({ offsetMs, frozenAt }),
    restore(setting) {
      offsetMs = setting.offsetMs
      frozenAt = setting.frozenAt
    },
  }
}
