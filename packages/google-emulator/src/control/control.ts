import { sections } from '../state.ts'
import type { World } from '../world.ts'
import { type AccessControl, accessControl } from './access-control.ts'
import { type CalendarControl, calendarControl } from './calendar-control.ts'
import { type DriveControl, driveControl } from './drive-control.ts'
import { type Dump, dump } from './dump.ts'
import type { Fault, FaultState } from './fault-script.ts'
import { type GmailControl, gmailControl } from './gmail-control.ts'
import { type PushControl, pushControl } from './push-control.ts'
import { type QuotaControl, quotaControl } from './quota-control.ts'
import type { LoggedRequest } from './request-log.ts'
import { seedDefaults } from './seed.ts'

export interface RequestFilter {
  readonly method?: string
  /** The path begins with this. */
  readonly path?: string
}

/** What a test may do behind Google's back. Unknown accounts and calendars throw. */
export interface Control
  extends CalendarControl,
    GmailControl,
    DriveControl,
    PushControl,
    QuotaControl,
    AccessControl {
  /** The next lists answer with pages of these sizes, whatever was asked. 0 is an empty page. */
  planPages(sizes: readonly number[]): void
  addFault(fault: Fault): FaultState
  faults(): readonly FaultState[]
  clearFaults(): void
  requests(filter?: RequestFilter): readonly LoggedRequest[]
  clearRequests(): void
  state(): Dump
  /** Forgets everything; `default` starts again with the built-in accounts, `empty` with none. */
  reset(seed?: 'default' | 'empty'): void
}

export function createControl(world: World): Control {
  const control: Control = {
    ...calendarControl(world),
    ...gmailControl(world),
    ...driveControl(world),
    ...pushControl(world),
    ...quotaControl(world),
    ...accessControl(world),
    planPages: (sizes) => {
      world.pagePlan.splice(0, world.pagePlan.length, ...sizes)
    },
    addFault: (fault) => world.faults.add(fault),
    faults: () => world.faults.list(),
    clearFaults: () => world.faults.clear(),
    requests: ({ method, path } = {}) =>
      world.requests
        .list()
        .filter((one) => (method === undefined || one.method === method) && one.path.startsWith(path ?? '/')),
    clearRequests: () => world.requests.clear(),
    state: () => dump(world),
    reset(seed = 'default') {
      forget(world)
      if (seed === 'default') seedDefaults(control, world.clock.now())
    },
  }
  return control
}

/** Revisions go on counting: a sync token from before must never fit what comes after. */
function forget({
  state,
  faults,
  requests,
  pagePlan,
  clock,
  sender,
  push,
  quotas,
  consents,
  publishing,
}: World): void {
  for (const part of Object.values(state)) if (part instanceof Map) part.clear()
  for (const section of sections) state.changed.add(section)
  faults.clear()
  requests.clear()
  pagePlan.length = 0
  sender.clear()
  quotas.clear()
  consents.clear()
  publishing.testing = false
  push.syncFirst = false
  clock.restore({ offsetMs: 0, frozenAt: null })
}
