import type { openChromium } from '@evergrant/browser-testing/testing'
import { readGatewayConfig } from '../../services/gateway/src/config.ts'
import { startGateway } from '../../services/gateway/src/service.ts'
import { deadUrl } from '../../services/gateway/src/testing/replica.ts'

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof openChromium>>['newPage']>>
type Json = Readonly<Record<string, unknown>>

/** What the API is to answer; what is left out is well. `away` answers as the gateway does when a service is not there. */
export interface MadeUp {
  readonly connections?: readonly Json[] | 'away'
  readonly calendars?: readonly Json[] | 'away'
  /** How the list of calendars, the mail and the files stand. */
  readonly copies?: Readonly<Partial<Record<'calendar' | 'gmail' | 'drive', Json>>>
  readonly google?: readonly Json[] | 'away'
  readonly history?: readonly Json[]
  /** Capabilities that are not well, by service and name. */
  readonly ill?: Readonly<Record<string, Json>>
  readonly unreachable?: readonly string[]
}

/** A state that somebody may find a connection or a copy in, and what the page has to say to it. */
export interface ConsoleState {
  readonly name: string
  readonly world: (gateway: string) => MadeUp
  readonly title: string
  readonly answer: string
  /** What stands anywhere on the page. */
  readonly says: readonly string[]
  /** What is offered but withheld, by its accessible name. */
  readonly withheld?: string
}

export const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const connectionId = '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'
const scope = 'https://www.googleapis.com/auth/'

export function connection(own: Json = {}): Json {
  return {
    id: connectionId,
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    service: 'calendar',
    account: { id: '1', email: 'alice@example.com' },
    status: 'active',
    reason: null,
    action: null,
    scopes: [`${scope}calendar.readonly`],
    missingScopes: [],
    access: 'read',
    expiresAt: at(42.5),
    lastRefreshedAt: at(-17.5),
    lastUsedAt: at(-2.5),
    connectedAt: at(-3_000.5),
    capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
    generation: 1,
    ...own,
  }
}

export const reconnect = (gateway: string, kind = 'reconnect') => ({
  kind,
  description: 'Connect the Google account again.',
  url: `${gateway}/console?connect=calendar&connection=${connectionId}`,
})

export const sync = (status: string, reason: string | null = null, more: Json = {}): Json => ({
  status,
  reason,
  lastSyncedAt: at(-5.5),
  ...more,
})

export const calendar = (nr: number, how: Json = sync('fresh')): Json => ({
  id: `00000000-0000-5000-8000-${String(nr).padStart(12, '0')}`,
  connectionId,
  summary: nr === 1 ? 'Alice' : `Calendar ${nr}`,
  primary: nr === 1,
  sync: how,
})

export const failedRefresh = (minutesAgo: number, nextInMinutes: number): Json => ({
  at: at(-minutesAgo),
  type: 'RefreshFailed',
  by: { kind: 'google' },
  summary: 'A refresh failed (transient).',
  detail: { nextAttemptAt: at(nextInMinutes) },
})

export const google = (service: string, own: Json = {}): Json => ({
  service,
  status: 'ok',
  reason: null,
  since: null,
  tokenQuerySuccess: 1,
  refreshSuccess: 1,
  ...own,
})

/** A real gateway with nothing behind it: the page and its headers are what users get. */
export async function startMadeUpConsole() {
  const nobody = await deadUrl()
  const gateway = await startGateway(
    readGatewayConfig({
      PUBLIC_URL: 'http://127.0.0.1:8080',
      LOG_LEVEL: 'silent',
      OAUTH_SERVICE_URLS: nobody,
      TOKEN_SERVICE_URLS: nobody,
      CALENDAR_SERVICE_URLS: nobody,
    }),
  )
  const claims = Buffer.from(JSON.stringify({ sub: 'alice', exp: 4_102_444_800 })).toString('base64url')
  return {
    url: gateway.url,
    stop: gateway.stop,
    /** Opens the console signed in; `world` is asked anew for each answer, so that it may change under the page. */
    async open(page: Page, world: () => MadeUp): Promise<void> {
      await page.route('**/v1/**', (route) => {
        const [status, body] = answerTo(new URL(route.request().url()).pathname, world())
        return route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) })
      })
      await page.route(`${gateway.url}/health`, (route) => {
        const body = systemHealth(world())
        const status = body.status === 'ready' ? 200 : 503
        return route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) })
      })
      await page.goto(`${gateway.url}/console`)
      await page.getByLabel('Access token (JWT)').fill(`e30.${claims}.c2ln`)
      await page.getByRole('button', { name: 'Sign in' }).click()
    },
  }
}

const away = {
  title: 'Service unavailable',
  status: 503,
  detail: 'The service does not answer.',
  code: 'service_unavailable',
  requestId: 'r-17',
}

function answerTo(path: string, world: MadeUp): [status: number, body: unknown] {
  const page = (items: readonly Json[] | 'away', more: Json = {}): [number, unknown] =>
    items === 'away' ? [503, away] : [200, { items, nextCursor: null, ...more }]
  const copy = (service: 'calendar' | 'gmail' | 'drive', id = connectionId) => [
    { connectionId: id, ...sync('fresh'), retryAt: null, ...world.copies?.[service] },
  ]
  if (path.endsWith('/history')) return page(world.history ?? [])
  if (path === '/v1/connections') return page(world.connections ?? [connection()])
  if (path === '/v1/calendar/calendars') {
    return page(world.calendars ?? [calendar(1), calendar(2)], { sync: copy('calendar') })
  }
  if (path === '/v1/gmail/messages') return page([], { sync: copy('gmail', 'gmail-connection') })
  if (path === '/v1/drive/files') return page([], { sync: copy('drive', 'drive-connection') })
  if (path === '/v1/google/health') {
    return page(world.google ?? [google('calendar'), google('drive'), google('gmail')])
  }
  return [404, { title: 'Not found', code: 'not_found', status: 404, detail: '' }]
}

function systemHealth({ ill = {}, unreachable = [] }: MadeUp) {
  const services = ['oauth-service', 'token-service', 'calendar-service'].map((name) => {
    const capabilities = Object.entries(ill)
      .filter(([key]) => key.startsWith(`${name}/`))
      .map(([key, line]) => ({ name: key.slice(name.length + 1), since: at(-8.5), ...line }))
    const status = unreachable.includes(name)
      ? 'unreachable'
      : capabilities.length > 0
        ? 'not_ready'
        : 'ready'
    return {
      name,
      status: status === 'ready' ? 'ready' : 'not_ready',
      replicas: [{ replica: 1, status, capabilities }],
    }
  })
  return { status: services.every(({ status }) => status === 'ready') ? 'ready' : 'not_ready', services }
}
