/** What goes wrong, where, and on which calls. */
export interface Fault {
  /** `GET`, `POST`, …; any when absent. */
  readonly method?: string
  /** Path pattern; a star stands for anything, slashes too: `/calendar/v3/calendars/*`. */
  readonly path: string
  /** Which matching call is the first to fail; 1 (the default) is the next one. */
  readonly nth?: number
  /** How many calls in a row fail; 1 by default, `null` until the fault is cleared. */
  readonly times?: number | null
  /** Answer with this instead of doing the work. */
  readonly status?: number
  /** Google's reason word, or the `error` of an OAuth endpoint. */
  readonly reason?: string
  readonly message?: string
  /** Instead of Google's error body. */
  readonly body?: unknown
  /** Instead of JSON: a proxy's page, or JSON that is broken. */
  readonly text?: string
  readonly retryAfterSeconds?: number
  readonly delayMs?: number
  /** Send only this many bytes of the answer, then close. */
  readonly cutBodyAtBytes?: number
  /** `before`: the request is lost. `after`: the work is done and the answer is lost. */
  readonly resetSocket?: 'before' | 'after'
}

export interface FaultState {
  readonly id: number
  readonly fault: Fault
  readonly matched: number
  readonly fired: number
}

export interface FaultScript {
  add(fault: Fault): FaultState
  /** The fault for this call, counted whether it fires or not. */
  next(method: string, path: string): Fault | undefined
  list(): readonly FaultState[]
  clear(): void
}

export function createFaultScript(): FaultScript {
  let faults: FaultState[] = []
  let lastId = 0
  return {
    add(fault) {
      lastId += 1
      const state = { id: lastId, fault, matched: 0, fired: 0 }
      faults.push(state)
      return state
    },
    next(method, path) {
      let chosen: Fault | undefined
      faults = faults.map((state) => {
        if (!matches(state.fault, method, path)) return state
        const matched = state.matched + 1
        const fires = chosen === undefined && isDue(state.fault, matched)
        if (fires) chosen = state.fault
        return { ...state, matched, fired: state.fired + (fires ? 1 : 0) }
      })
      return chosen
    },
    list: () => faults,
    clear() {
      faults = []
    },
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false
  const literal = fault.path.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`).test(path)
}

function isDue(fault: Fault, matched: number): boolean {
  const first = fault.nth ?? 1
  const times = fault.times === undefined ? 1 : fault.times
  return matched >= first && (times === null || matched < first + times)
}
