import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calendarListRoutes } from './calendar/calendar-list-routes.ts'
import { eventRoutes } from './calendar/event-routes.ts'
import { sharingRoutes } from './calendar/sharing-routes.ts'
import { calendarWatchRoutes } from './calendar/watch-routes.ts'
import { createEmulatorClock } from './clock.ts'
import { type Control, createControl } from './control/control.ts'
import { controlRoutes } from './control/control-routes.ts'
import { createWorld } from './create-world.ts'
import { aboutRoutes } from './drive/about-routes.ts'
import { changeRoutes } from './drive/change-routes.ts'
import { fileRoutes } from './drive/file-routes.ts'
import { driveWatchRoutes } from './drive/watch-routes.ts'
import { messageRoutes } from './gmail/message-routes.ts'
import { profileRoutes } from './gmail/profile-routes.ts'
import { mailboxWatchRoutes } from './gmail/watch-routes.ts'
import { createHttpServer } from './http/server.ts'
import { defaultClient, type OAuthClient } from './oauth/client.ts'
import { consentRoutes } from './oauth/consent-routes.ts'
import { discoveryRoutes } from './oauth/discovery-routes.ts'
import { tokenRoutes } from './oauth/token-routes.ts'
import { tokenStatusRoutes } from './oauth/token-status-routes.ts'
import { createPersistence } from './persistence.ts'
import { emptyState } from './state.ts'

export interface EmulatorOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string
  /** Any free port by default. */
  readonly port?: number
  /** What clients call it by, when that is not the address it listens on (behind a container's port). */
  readonly publicUrl?: string
  /** `default`: alice and bob; `empty`: nobody. Ignored when the state file already knows somebody. */
  readonly seed?: 'default' | 'empty'
  /** The time under the emulator's own clock. */
  readonly clock?: { now(): Date }
  readonly client?: Partial<OAuthClient>
  /** Keeps accounts, grants and calendars over a restart, even after SIGKILL. */
  readonly stateFile?: string
  readonly onError?: (error: unknown) => void
}

export interface GoogleEmulator extends Control {
  /** Origin: the OIDC issuer and the googleapis `rootUrl` at once. */
  readonly url: string
  readonly client: OAuthClient
  close(): Promise<void>
}

/** Starts a Google on a loopback port. */
export async function startGoogleEmulator(options: EmulatorOptions = {}): Promise<GoogleEmulator> {
  const state = emptyState()
  const clock = createEmulatorClock(options.clock)
  const persistence = createPersistence(options.stateFile, state, clock)
  await persistence.load()
  const host = options.host ?? '127.0.0.1'
  const client = { ...defaultClient, ...options.client }
  const onError = options.onError ?? (() => {})
  const signingKeyFile = options.stateFile === undefined ? undefined : `${options.stateFile}.signing-key`
  const world = await createWorld({ state, clock, client, signingKeyFile })
  const control = createControl(world)
  if (state.accounts.size === 0) control.reset(options.seed)
  await persistence.flush()
  const routes = [
    ...discoveryRoutes(world),
    ...consentRoutes(world),
    ...tokenRoutes(world),
    ...tokenStatusRoutes(world),
    ...calendarListRoutes(world),
    ...eventRoutes(world),
    ...sharingRoutes(world),
    ...calendarWatchRoutes(world),
    ...profileRoutes(world),
    ...messageRoutes(world),
    ...mailboxWatchRoutes(world),
    ...aboutRoutes(world),
    ...fileRoutes(world),
    ...changeRoutes(world),
    ...driveWatchRoutes(world),
    ...controlRoutes(control),
  ]
  const server = createHttpServer({ world, routes, flush: persistence.flush, onError })
  // The issuer is the address; routes read it per request, so none can be answered without it.
  const port = await listen(server, options.port ?? 0, host)
  world.issuer = options.publicUrl ?? `http://${host}:${port}`
  const close = async () => {
    world.notifications.stop()
    await closed(server)
    await persistence.flush()
  }
  return { ...control, url: world.issuer, client, close }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}
