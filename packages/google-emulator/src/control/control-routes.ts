import { type Call, jsonOf, ok, param, type Reply } from '../http/call.ts'
import { GoogleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import type { DeliveryStep } from '../push/sender.ts'
import type { Api } from '../quota/quota-book.ts'
import type { Control } from './control.ts'

/** The control interface over HTTP: the same words as in `Control`, JSON in and out. */
export function controlRoutes(control: Control): Route[] {
  return [
    get('/emulator/state', () => control.state()),
    get('/emulator/requests', ({ query }) => ({ items: control.requests(requestFilter(query)) })),
    remove('/emulator/requests', () => control.clearRequests()),
    post('/emulator/reset', (_, body) => control.reset(body.seed as never)),
    post('/emulator/accounts', (_, body) => control.addAccount(body as never)),
    post('/emulator/calendars', (_, body) => control.addCalendar(body as never)),
    post('/emulator/calendars/:id/events', (call, body) => control.putEvent(param(call, 'id'), body)),
    post('/emulator/calendars/:id/unchecked-events', (call, body) =>
      control.putUncheckedEvent(param(call, 'id'), body as never),
    ),
    post('/emulator/calendars/:id/list-entry', (call, body) =>
      control.changeListEntry(param(call, 'id'), body as never),
    ),
    post('/emulator/calendars/:id/seed', (call, body) =>
      control.seedEvents(param(call, 'id'), body as never),
    ),
    post('/emulator/calendars/:id/share', (call, body) => control.share(param(call, 'id'), body as never)),
    remove('/emulator/calendars/:id/events/:eventId', (call) =>
      control.deleteEvent(param(call, 'id'), param(call, 'eventId')),
    ),
    ...mailboxRoutes(control),
    ...driveRoutes(control),
    ...pushRoutes(control),
    get('/emulator/quotas', () => ({ items: control.quotaUse() })),
    post('/emulator/quotas/:api', (call, body) => control.setQuota(param(call, 'api') as Api, body)),
    remove('/emulator/quotas/:api', (call) => control.setQuota(param(call, 'api') as Api, null)),
    post('/emulator/sync-tokens/expire', (_, body) => control.expireSyncTokens(body)),
    post('/emulator/pages', (_, body) => control.planPages((body.sizes ?? []) as number[])),
    post('/emulator/grants/revoke', (_, body) => control.revokeGrant(String(body.email))),
    post('/emulator/access-tokens/expire', (_, body) => control.expireAccessTokens(String(body.email))),
    post('/emulator/testing-mode', (_, body) => control.setTestingMode(body.testing === true)),
    post('/emulator/consents', (_, body) => control.scriptConsent(body as never)),
    post('/emulator/clock', (_, body) => moveClock(control, body)),
    get('/emulator/clock', () => ({ now: control.state().now })),
    get('/emulator/faults', () => ({ items: control.faults() })),
    post('/emulator/faults', (_, body) => control.addFault(body as never)),
    remove('/emulator/faults', () => control.clearFaults()),
  ]
}

const mailbox = '/emulator/mailboxes/:email'

const mailboxRoutes = (control: Control): Route[] => [
  post(`${mailbox}/messages`, (call, body) => control.addMessage(param(call, 'email'), body)),
  post(`${mailbox}/messages/:id/labels`, (call, body) =>
    control.labelMessage(param(call, 'email'), param(call, 'id'), body),
  ),
  remove(`${mailbox}/messages/:id`, (call) => control.deleteMessage(param(call, 'email'), param(call, 'id'))),
  post(`${mailbox}/labels`, (call, body) => control.addLabel(param(call, 'email'), String(body.name))),
  post(`${mailbox}/seed`, (call, body) => control.seedMessages(param(call, 'email'), body as never)),
  post(`${mailbox}/history/expire`, (call, body) => control.expireHistory(param(call, 'email'), body)),
  post(`${mailbox}/history/offset`, (call, body) =>
    control.offsetHistory(param(call, 'email'), String(body.offset)),
  ),
]

const drive = '/emulator/drives/:where'

const driveRoutes = (control: Control): Route[] => [
  post('/emulator/drives', (_, body) => control.addSharedDrive(body as never)),
  post(`${drive}/share`, (call, body) => control.shareDrive(param(call, 'where'), body as never)),
  post(`${drive}/files`, (call, body) => control.putFile(param(call, 'where'), body)),
  remove(`${drive}/files/:id`, (call) => control.removeFile(param(call, 'where'), param(call, 'id'))),
  post(`${drive}/seed`, (call, body) => control.seedFiles(param(call, 'where'), body as never)),
  post(`${drive}/change-tokens/expire`, (call, body) =>
    control.expireChangeTokens(param(call, 'where'), body),
  ),
]

const pushRoutes = (control: Control): Route[] => [
  post('/emulator/push', (_, body) => control.configurePush(body)),
  post('/emulator/push/topics', (_, body) => control.subscribe(body as never)),
  post('/emulator/push/plan', (_, body) => control.planDeliveries((body.steps ?? []) as DeliveryStep[])),
  get('/emulator/push/deliveries', () => ({ items: control.deliveries() })),
]

type Work = (call: Call, body: Record<string, unknown>) => unknown

const get = (path: string, work: Work) => route('GET', path, answered(work))
const post = (path: string, work: Work) => route('POST', path, answered(work))
const remove = (path: string, work: Work) => route('DELETE', path, answered(work))

function answered(work: Work) {
  return (call: Call): Reply => {
    try {
      return ok(work(call, jsonOf(call)) ?? {})
    } catch (error) {
      if (error instanceof GoogleError) throw error
      // A test that names something unknown should read why, at the place where it asked.
      const message = error instanceof Error ? error.message : String(error)
      return { status: 400, json: { error: { code: 400, message } } }
    }
  }
}

function requestFilter(query: URLSearchParams) {
  const [method, path] = [query.get('method'), query.get('path')]
  return { ...(method !== null && { method }), ...(path !== null && { path }) }
}

/** `{advanceSeconds}`, `{freeze: true | "<RFC 3339>"}`, `{resume: true}`; several are done in this order. */
function moveClock(control: Control, body: Record<string, unknown>): { now: Date } {
  const { advanceSeconds, freeze, resume } = body
  if (freeze !== undefined) control.freezeClock(typeof freeze === 'string' ? new Date(freeze) : undefined)
  if (resume === true) control.resumeClock()
  return { now: control.advanceClock(typeof advanceSeconds === 'number' ? advanceSeconds : 0) }
}
