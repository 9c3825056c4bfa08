import type { EmulatorClock } from './clock.ts'
import { createFaultScript } from './control/fault-script.ts'
import { createRequestLog } from './control/request-log.ts'
import type { OAuthClient } from './oauth/client.ts'
import { createConsentScript } from './oauth/consent-script.ts'
import { signingKey } from './oauth/signing-key.ts'
import { createSnapshots } from './paging/page-snapshots.ts'
import { startNotifications } from './push/notifications.ts'
import { createSender } from './push/sender.ts'
import { createQuotaBook } from './quota/quota-book.ts'
import type { WorldState } from './state.ts'
import type { World } from './world.ts'

export interface WorldParts {
  readonly state: WorldState
  readonly clock: EmulatorClock
  readonly client: OAuthClient
  /** Where the key for ID tokens outlives a restart. */
  readonly signingKeyFile?: string | undefined
}

/** A world around a state, with nothing scripted or limited; its issuer is set once the address is known. */
export async function createWorld({
  signingKeyFile,
  ...parts
}: WorldParts): Promise<World & { issuer: string }> {
  const { state, clock } = parts
  const key = await signingKey(signingKeyFile)
  const sender = createSender(clock)
  const sign = (claims: Record<string, unknown>) => key.sign({ iss: world.issuer, ...claims })
  const world: World & { issuer: string } = {
    issuer: '',
    ...parts,
    signingKey: key,
    snapshots: createSnapshots(),
    pagePlan: [],
    faults: createFaultScript(),
    requests: createRequestLog(),
    quotas: createQuotaBook(),
    consents: createConsentScript(),
    publishing: { testing: false },
    sender,
    notifications: startNotifications({ state, clock, sender, sign }),
    push: { syncFirst: false },
  }
  return world
}
