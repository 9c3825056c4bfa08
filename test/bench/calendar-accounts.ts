import { randomUUID } from 'node:crypto'
import { connectEventBus } from '@evergrant/event-bus'
import {
  type Connection,
  connectionIdOf,
  contracts,
  encodeEvent,
  grantIdOf,
  publication,
  requiredScopes,
} from '@evergrant/event-contracts'
import type { GoogleEmulator } from '@evergrant/google-emulator'
import { systemClock } from '@evergrant/service-runtime'

export interface CalendarAccount {
  readonly user: string
  readonly email: string
  readonly connectionId: string
}

/** oauth-service's and token-service's parts around a calendar-service: the streams, access tokens, and what becomes of connections. */
export async function playTokenService(google: GoogleEmulator, natsUrl: string) {
  const bus = await connectEventBus({ url: natsUrl, name: 'token-service', clock: systemClock })
  await bus.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
  await bus.declareStream({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] })
  const tokens = new Map<string, string>()
  const handle = async (body: unknown) => {
    const { connectionId } = body as { connectionId: string }
    return { ok: true, body: { accessToken: tokens.get(connectionId), tokenType: 'Bearer' } } as const
  }
  const subject = 'evergrant.token.access-token.get'
  const endpoints = { 'access-token': { subject, handle } }
  await bus.serve({
    name: 'token-service',
    version: '0.0.0',
    description: 'played by a benchmark',
    endpoints,
  })

  /** A user whose calendars can be filled before they connect. */
  const newAccount = (): CalendarAccount => {
    const user = randomUUID()
    const email = `${user}@example.com`
    const { sub } = google.addAccount({ email, timeZone: 'Europe/Berlin' })
    const connectionId = connectionIdOf(grantIdOf(user, google.url, sub), 'calendar')
    const scopes = requiredScopes('calendar', 'read')
    tokens.set(connectionId, google.issueTokens({ email, scopes }).accessToken)
    return { user, email, connectionId }
  }
  const connect = async ({ user, email, connectionId }: CalendarAccount) => {
    const at = new Date().toISOString()
    const grantId = randomUUID()
    const connection: Connection = {
      id: connectionId,
      grantId,
      service: 'calendar',
      account: { id: email, email },
      status: 'active',
      reason: null,
      action: null,
      scopes: [...requiredScopes('calendar', 'read')],
      missingScopes: [],
      access: 'read',
      expiresAt: null,
      lastRefreshedAt: null,
      lastUsedAt: null,
      connectedAt: at,
      capabilities: {},
      generation: 1,
    }
    const identity = { source: 'token-service', streamId: `grant-${grantId}`, version: 1 }
    const said = publication(contracts.connectionChanged, { userId: user, connection, changedAt: at })
    await bus.publish([{ ...encodeEvent(said, { ...identity, time: at }), ...identity, repair: 0 }])
  }
  return { newAccount, connect, close: () => bus.close() }
}
