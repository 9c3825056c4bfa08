import { randomUUID } from 'node:crypto'
import { connectionIdOf, grantIdOf, requiredScopes, type Service } from '@evergrant/event-contracts'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { systemClock, uuidv7Ids } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGoogleCalendar } from './adapters/google/google-calendar.ts'
import { createGoogleDrive } from './adapters/google/google-drive.ts'
import { createGoogleMail } from './adapters/google/google-mail.ts'
import { postgresCalendarRows } from './adapters/postgres/calendar-rows.ts'
import { postgresEventRows } from './adapters/postgres/event-rows.ts'
import { postgresItemRows } from './adapters/postgres/item-rows.ts'
import { postgresKnownConnections } from './adapters/postgres/known-connections.ts'
import { postgresResources } from './adapters/postgres/resources.ts'
import { createRunQueue } from './adapters/postgres/run-queue.ts'
import { postgresSharedDrives } from './adapters/postgres/shared-drives.ts'
import { createLinkConnection } from './application/link-connection.ts'
import { createRequestSync } from './application/request-sync.ts'
import { createSources } from './application/sources.ts'
import { createWalkResource } from './application/walk-resource.ts'
import { calendarFactCatalogue } from './domain/fact-catalogue.ts'
import { migrations } from './migrations/all.ts'
import { knownConnections } from './projections/known-connections.ts'
import { syncStatus } from './projections/sync-status.ts'

/** What can happen, to whichever kind of resource. */
type Step =
  | { readonly kind: 'put'; readonly nr: number; readonly text: string }
  | { readonly kind: 'drop'; readonly nr: number }
  | { readonly kind: 'expire'; readonly answer: 'full_sync_required' | 'invalid_sync_token' }
  | { readonly kind: 'pages'; readonly sizes: readonly number[] }
  | { readonly kind: 'crash'; readonly at: string; readonly page: number }
  | { readonly kind: 'sync'; readonly mode: 'incremental' | 'full' }

const nr = fc.nat({ max: 5 })
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('put'), nr, text: fc.stringMatching(/^[a-z]{1,5}$/) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop'), nr }) },
  fc.record({
    kind: fc.constant('expire'),
    answer: fc.constantFrom('full_sync_required', 'invalid_sync_token'),
  }),
  fc.record({
    kind: fc.constant('pages'),
    sizes: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('crash'),
    at: fc.constantFrom('page_fetched', 'page_stored', 'page_committed'),
    page: fc.nat({ max: 2 }),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('sync'), mode: fc.constantFrom('incremental', 'full') }),
  },
)

/** How a step is done at Google, and what there is in the end: a text for each id. */
interface Kind {
  readonly service: Service
  put(email: string, id: string, text: string): void
  drop(email: string, id: string): void
  expire(email: string, answer: 'full_sync_required' | 'invalid_sync_token'): void
  theirs(email: string): ReadonlyMap<string, string>
  /** The copy, as rows of `id` and `text`; `$1` is the connection. */
  readonly ours: string
}

const itemsText = (text: string) =>
  `select item_id as id, ${text} as text from google_item where connection_id = $1`

describe('one cursor for every kind of resource', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  let google: GoogleEmulator

  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    google = await startGoogleEmulator({ seed: 'empty' })
  })
  afterAll(async () => {
    await google.close()
    await database.close()
  })

  const host = 'host@example.com'
  const calendarsOf = (email: string) =>
    google
      .state()
      .calendars.filter(({ owner, sharedWith }) =>
        [owner, ...sharedWith.map((share) => share.email)].includes(email),
      )
  const eventsOf = (email: string) =>
    google
      .state()
      .calendars.find(({ id }) => id === email)
      ?.events.filter(({ status }) => status !== 'cancelled') ?? []
  const messagesOf = (email: string) =>
    google.state().mailboxes.find((mailbox) => mailbox.email === email)?.messages ?? []
  const filesOf = (email: string) => google.state().drives.find(({ where }) => where === email)?.files ?? []
  const at = { start: { date: '2026-05-01' }, end: { date: '2026-05-02' } }

  const kinds: Readonly<Record<string, Kind>> = {
    'the calendar list': {
      service: 'calendar',
      put: (email, id, summary) => {
        const known = google.state().calendars.some((calendar) => calendar.id === id)
        if (!known) google.addCalendar({ email: host, id, summary })
        google.share(id, { email, accessRole: 'reader' })
      },
      drop: (email, id) => {
        const shared = calendarsOf(email).some((calendar) => calendar.id === id)
        if (shared) google.share(id, { email, accessRole: 'none' })
      },
      expire: (email, answer) => google.expireSyncTokens({ calendarListOf: email, answer }),
      theirs: (email) => new Map(calendarsOf(email).map(({ id, summary }) => [id, summary])),
      ours: `select google_id as id, summary as text from calendar where connection_id = $1 and removed_at is null`,
    },
    'a calendar': {
      service: 'calendar',
      put: (email, id, summary) => void google.putEvent(email, { id, summary, status: 'confirmed', ...at }),
      drop: (email, id) => {
        if (eventsOf(email).some((event) => event.id === id)) google.deleteEvent(email, id)
      },
      expire: (email, answer) => google.expireSyncTokens({ calendarId: email, answer }),
      theirs: (email) => new Map(eventsOf(email).map(({ id, summary }) => [id, String(summary)])),
      ours: `select event_id as id, e.raw->>'summary' as text from calendar_event e
               join calendar c on c.calendar_id = e.calendar_id
              where c.connection_id = $1 and e.status <> 'cancelled'`,
    },
    'a mailbox': {
      service: 'gmail',
      put: (email, id, text) => {
        const [known] = messagesOf(email).filter((message) => message.id === id)
        const change = known?.labelIds.includes('STARRED') ? { remove: ['STARRED'] } : { add: ['STARRED'] }
        if (known) google.labelMessage(email, id, change)
        else google.addMessage(email, { id, subject: text })
      },
      drop: (email, id) => {
        if (messagesOf(email).some((message) => message.id === id)) google.deleteMessage(email, id)
      },
      expire: (email) => google.expireHistory(email),
      theirs: (email) =>
        new Map(messagesOf(email).map(({ id, labelIds }) => [id, labelIds.toSorted().join(' ')])),
      ours: itemsText(
        `(select string_agg(label, ' ' order by label collate "C") from jsonb_array_elements_text(raw->'labelIds') label)`,
      ),
    },
    'a drive': {
      service: 'drive',
      put: (email, id, name) => void google.putFile(email, { id, name }),
      drop: (email, id) => {
        if (filesOf(email).some((file) => file.id === id)) google.removeFile(email, id)
      },
      expire: (email, answer) => google.expireChangeTokens(email, { answer }),
      theirs: (email) => new Map(filesOf(email).map(({ id, name }) => [id, name])),
      ours: itemsText(`raw->>'name'`),
    },
  }

  /** One connection and a worker that can be made to die; a new one takes over at once. */
  const connect = async ({ service }: Kind) => {
    const userId = randomUUID()
    const email = `${userId}@example.com`
    const { sub } = google.addAccount({ email })
    const grantId = grantIdOf(userId, google.url, sub)
    const connectionId = connectionIdOf(grantId, service)
    const scopes = requiredScopes(service, 'read')
    const { accessToken } = google.issueTokens({ email, scopes })
    const clock = systemClock
    const ids = uuidv7Ids
    const store = createPostgresEventStore({
      database,
      source: 'calendar-service',
      facts: calendarFactCatalogue,
      projections: [knownConnections, syncStatus],
      clock,
    })
    const queue = createRunQueue(database)
    const resources = postgresResources
    const api = {
      rootUrl: google.url,
      clock,
      guard: { run: <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.timeout(10_000)) },
    }
    const sources = createSources({
      calendar: createGoogleCalendar(api),
      mail: createGoogleMail({ ...api, messageUnits: 20 }),
      drive: createGoogleDrive(api),
      events: postgresEventRows,
      calendars: postgresCalendarRows,
      items: postgresItemRows,
      drives: postgresSharedDrives,
    })
    let die = () => {}
    let pending: { at: string; page: number } | null = null
    const walk = createWalkResource({
      store,
      tokens: { get: async () => accessToken },
      sources,
      allowances: () => ({ take: async () => Number.MAX_SAFE_INTEGER }),
      resources,
      queue,
      clock,
      ids,
      random: () => 0,
      // A lease of nothing: whoever comes next may take over at once.
      leaseMs: 0,
      onDefect: () => {},
      crashPoint: async (point) => {
        if (pending?.at !== point) return
        pending.page -= 1
        if (pending.page >= 0) return
        pending = null
        // In a transaction a death is a rollback; outside it the process is simply never heard of again.
        if (point === 'page_stored') throw new Error('died while storing')
        die()
        await new Promise(() => {})
      },
    })
    const requestSync = createRequestSync({
      connections: postgresKnownConnections,
      resources,
      queue,
      clock,
      ids,
    })
    const link = createLinkConnection({ resources, queue, requestSync, clock, ids })
    const identity = { connectionId, userId, grantId, service, account: { id: sub, email } }
    const metadata = { actor: { kind: 'user', id: userId }, correlationId: userId } as const
    await store.transaction((unit) =>
      link(
        unit,
        {
          type: 'NoteConnection',
          identity,
          status: 'active',
          reason: null,
          scopes,
          changedAt: clock.now().toISOString(),
        },
        metadata,
      ),
    )
    const work = async () => {
      for (let run = await queue.claim('spec', 0); run !== null; run = await queue.claim('spec', 0)) {
        const death = new Promise<void>((resolve) => {
          die = resolve
        })
        await Promise.race([walk(run, new AbortController().signal), death])
      }
    }
    const sync = async (mode: 'incremental' | 'full') => {
      const ask = { syncId: ids.next(), userId, connectionId, calendarId: null, mode } as const
      await store.transaction((unit) =>
        requestSync(unit, { ...ask, cause: 'user', announce: true }, metadata),
      )
      await work()
    }
    const copy = async (text: string) => {
      const rows = await sqlOf(database)<{ id: string; text: string }>(text, [connectionId])
      return new Map(rows.map((row) => [row.id, row.text]))
    }
    const crash = (at: string, page: number) => {
      pending = { at, page }
    }
    return { email, sync, work, copy, crash }
  }

  const follow = async (kind: Kind, script: readonly Step[]) => {
    const { email, sync, work, copy, crash } = await connect(kind)
    // Google's ids of calendars and messages are everybody's.
    const idOf = (nr: number) => `${email.slice(0, 8)}x${nr}`
    await work()
    for (const step of script) {
      if (step.kind === 'put') kind.put(email, idOf(step.nr), step.text)
      else if (step.kind === 'drop') kind.drop(email, idOf(step.nr))
      else if (step.kind === 'expire') kind.expire(email, step.answer)
      else if (step.kind === 'pages') google.planPages([...step.sizes])
      else if (step.kind === 'crash') crash(step.at, step.page)
      else await sync(step.mode)
    }
    google.planPages([])
    // A second expiry before the first new token was ever used makes one sync give up, by design; the next one recovers.
    await sync('incremental')
    await sync('incremental')
    return { ours: await copy(kind.ours), theirs: kind.theirs(email) }
  }

  beforeAll(() => {
    google.addAccount({ email: host })
  })

  it.each(Object.keys(kinds))(
    'ends with what Google has, whatever expires and whenever it dies: %s',
    async (name) => {
      const kind = kinds[name]
      if (!kind) throw new Error(name)
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { minLength: 3, maxLength: 14 }), async (script) => {
          const { ours, theirs } = await follow(kind, script)
          expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs))
        }),
        { numRuns: 10 },
      )
    },
    90_000,
  )
})
