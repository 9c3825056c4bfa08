import type { EmulatorClock } from './clock.ts'
import type { FaultScript } from './control/fault-script.ts'
import type { RequestLog } from './control/request-log.ts'
import type { OAuthClient } from './oauth/client.ts'
import type { ConsentScript } from './oauth/consent-script.ts'
import type { SigningKey } from './oauth/signing-key.ts'
import type { Snapshots } from './paging/page-snapshots.ts'
import type { Notifications } from './push/notifications.ts'
import type { Sender } from './push/sender.ts'
import type { QuotaBook } from './quota/quota-book.ts'
import type { WorldState } from './state.ts'

/** Everything a route may need; made once in emulator.ts. */
export interface World {
  /** Own origin, which is also the OIDC issuer. */
  readonly issuer: string
  readonly state: WorldState
  readonly clock: EmulatorClock
  readonly client: OAuthClient
  readonly signingKey: SigningKey
  readonly snapshots: Snapshots
  /** Sizes of the next pages, however many items were asked for: Google may send short and empty ones. */
  readonly pagePlan: number[]
  readonly faults: FaultScript
  readonly requests: RequestLog
  readonly quotas: QuotaBook
  readonly consents: ConsentScript
  /** Whether the consent screen is in testing mode. */
  readonly publishing: { testing: boolean }
  readonly sender: Sender
  readonly notifications: Notifications
  readonly push: { syncFirst: boolean }
}

/** Milliseconds since the epoch, by the emulator's clock. */
export const nowMs = (world: World) => world.clock.now().getTime()
