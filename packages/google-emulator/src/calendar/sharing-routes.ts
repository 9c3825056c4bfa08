import { type Call, ok, param, type Reply } from '../http/call.ts'
import { googleError, notFound } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { pageOf } from '../paging/paged-list.ts'
import { booleanFrom, pageSizeFrom } from '../paging/query.ts'
import type { ListEntry } from '../state.ts'
import type { World } from '../world.ts'
import { calendarCaller, type OpenCalendar, openCalendar } from './access.ts'
import { etagOf } from './event-resource.ts'

const neverExpires = { epoch: 0, answer: 'full_sync_required' } as const

/** acl.list and acl.get, settings.list and settings.get. */
export function sharingRoutes(world: World): Route[] {
  return [
    route('GET', '/calendar/v3/calendars/:calendarId/acl', (call) => listRules(world, call)),
    route('GET', '/calendar/v3/calendars/:calendarId/acl/:ruleId', (call) => {
      const open = openRules(world, call, 'Acl.Get')
      const rule = rulesOf(world, open).find(({ item }) => item.id === param(call, 'ruleId'))
      if (!rule) throw notFound()
      return ok(rule.item)
    }),
    route('GET', '/calendar/v3/users/me/settings', (call) => {
      const items = settingsOf(world, call, 'Settings.List')
      return ok({ kind: 'calendar#settings', etag: etagOf(1), items })
    }),
    route('GET', '/calendar/v3/users/me/settings/:setting', (call) => {
      const found = settingsOf(world, call, 'Settings.Get').find(({ id }) => id === param(call, 'setting'))
      if (!found) throw notFound()
      return ok(found)
    }),
  ]
}

/** Only owners may see whom a calendar is shared with. */
function openRules(world: World, call: Call, name: string): OpenCalendar {
  const open = openCalendar(world, call, calendarCaller(world, call, 'readRules', name))
  if (open.entry.accessRole === 'owner') return open
  throw googleError(403, 'requiredAccessLevel', 'You need to have owner access to this calendar.', {
    domain: 'calendar',
  })
}

/** With a sync token, a rule that was taken away comes with the role `none`. */
function listRules(world: World, call: Call): Reply {
  const open = openRules(world, call, 'Acl.List')
  const { query } = call
  const showDeleted = booleanFrom(query, 'showDeleted') ?? false
  const page = pageOf(world, {
    scope: `acl ${open.account.sub} ${open.calendar.id}`,
    queryHash: '',
    tokens: neverExpires,
    syncToken: query.get('syncToken'),
    pageToken: query.get('pageToken'),
    pageSize: pageSizeFrom(query, { usual: 100, most: 250 }),
    syncable: true,
    rowsSince: (revision) =>
      rulesOf(world, open).filter(({ entry }) =>
        revision === null ? showDeleted || !entry.deleted : entry.revision > revision,
      ),
  })
  return ok({ kind: 'calendar#acl', etag: etagOf(world.state.revision), ...page })
}

function rulesOf(world: World, { calendar }: OpenCalendar) {
  return [...world.state.listEntries.values()]
    .filter(({ calendarId }) => calendarId === calendar.id)
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((entry) => ({ sequence: entry.sequence, entry, item: ruleResource(world, entry) }))
}

function ruleResource(world: World, { sub, revision, accessRole, deleted }: ListEntry) {
  const value = world.state.accounts.get(sub)?.email ?? sub
  const role = deleted ? 'none' : accessRole
  const scope = { type: 'user', value }
  return { kind: 'calendar#aclRule', etag: etagOf(revision), id: `user:${value}`, scope, role }
}

function settingsOf(world: World, call: Call, name: string) {
  const account = calendarCaller(world, call, 'readSettings', name)
  const timeZone = world.state.calendars.get(account.email)?.timeZone ?? 'UTC'
  const settings = { timezone: timeZone, locale: 'en', format24HourTime: 'true', weekStart: '1' }
  return Object.entries(settings).map(([id, value]) => ({
    kind: 'calendar#setting',
    etag: etagOf(1),
    id,
    value,
  }))
}
