import type { RunningNats, RunningPostgres } from '../backing-servers.ts'
import type { GoogleClient } from '../google-settings.ts'
import type { Supervised } from '../processes/supervisor.ts'
import { databaseServices, databaseUrl } from '../services/service-plans.ts'
import type { ServiceReplica } from '../services/start-services.ts'
import type { Secrets } from './secrets.ts'

/** `<data-dir>/endpoints.json` (CONTRACT 1): where everything is, for tools and tests. */
export interface Endpoints {
  readonly gateway: string
  readonly google: { readonly issuer: string; readonly apiRootUrl: string; readonly emulated: boolean }
  /** `url` carries the operator's login; `monitorUrl` and `pid` are null for a server that is not ours. */
  readonly nats: { readonly url: string; readonly monitorUrl: string | null; readonly pid: number | null }
  readonly postgres: {
    readonly adminUrl: string
    readonly pid: number | null
    /** Each as the service itself sees it: its own login, which may enter only this one. */
    readonly databases: Readonly<Record<string, string>>
  }
  /** Every process of ours that speaks HTTP: the services, the gateway, and the emulator while it stands in. */
  readonly services: readonly {
    readonly name: string
    readonly replica: number
    readonly pid: number
    readonly url: string
  }[]
}

export interface RunningParts {
  readonly gatewayPort: number
  readonly google: GoogleClient
  readonly emulator: Supervised | undefined
  readonly nats: RunningNats
  readonly postgres: RunningPostgres
  readonly services: readonly ServiceReplica[]
  readonly secrets: Secrets
}

export function endpointsOf(parts: RunningParts): Endpoints {
  const { google, nats, postgres, emulator, secrets } = parts
  const emulatorEntry =
    emulator === undefined
      ? []
      : [{ name: 'google-emulator', replica: 1, pid: emulator.pid(), url: google.issuer }]
  return {
    gateway: `http://127.0.0.1:${parts.gatewayPort}`,
    google: { issuer: google.issuer, apiRootUrl: google.apiRootUrl, emulated: emulator !== undefined },
    nats: {
      url: nats.urlOf('operator'),
      monitorUrl: nats.monitorUrl ?? null,
      pid: nats.process?.pid() ?? null,
    },
    postgres: {
      adminUrl: postgres.adminUrl,
      pid: postgres.process?.pid() ?? null,
      databases: Object.fromEntries(
        databaseServices.map(({ name, role, database }) => [
          name,
          databaseUrl(postgres.adminUrl, role, secrets.passwords[role], database),
        ]),
      ),
    },
    services: [
      ...parts.services.map(({ name, replica, url, process }) => ({
        name,
        replica,
        pid: process.pid(),
        url,
      })),
      ...emulatorEntry,
    ],
  }
}
