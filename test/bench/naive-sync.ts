// Somebody else's sync of one calendar, in a process of its own (run-naive-sync.ts): googleapis and MikroORM as their guides
// use them, a table and a sync token, and neither facts, history, feed, leases nor retries.
import { type EntityManager, EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import { auth, calendar, type calendar_v3 } from 'googleapis/build/src/apis/calendar/index.js'
import { memoryOf } from './process-memory.ts'

/** `row-by-row`: each event is looked for, made or changed, and flushed; `upsert-many`: a page is one `upsertMany`. */
export type NaiveWay = 'row-by-row' | 'upsert-many'

export interface NaiveTask {
  readonly way: NaiveWay
  readonly databaseUrl: string
  readonly googleUrl: string
  readonly accessToken: string
  readonly calendarId: string
  /** It stops after the page that reaches this many. */
  readonly most: number
}

export interface NaiveResult {
  readonly events: number
  readonly ms: number
  readonly peak: string
}

interface StoredEvent {
  calendarId: string
  eventId: string
  etag: string | null
  status: string | null
  summary: string | null
  startsAt: Date | null
  endsAt: Date | null
  raw: object
}

const storedEvent = new EntitySchema<StoredEvent>({
  name: 'StoredEvent',
  tableName: 'naive_event',
  properties: {
    calendarId: { type: 'text', primary: true },
    eventId: { type: 'text', primary: true },
    etag: { type: 'text', nullable: true },
    status: { type: 'text', nullable: true },
    summary: { type: 'text', nullable: true },
    startsAt: { type: 'Date', nullable: true },
    endsAt: { type: 'Date', nullable: true },
    raw: { type: 'json' },
  },
})

interface SyncToken {
  calendarId: string
  token: string
}

const syncToken = new EntitySchema<SyncToken>({
  name: 'SyncToken',
  tableName: 'naive_sync_token',
  properties: { calendarId: { type: 'text', primary: true }, token: { type: 'text' } },
})

const instant = (time?: calendar_v3.Schema$EventDateTime) => {
  const text = time?.dateTime ?? time?.date
  return text ? new Date(text) : null
}

const rowOf = (calendarId: string, event: calendar_v3.Schema$Event): StoredEvent => ({
  calendarId,
  eventId: event.id ?? '',
  etag: event.etag ?? null,
  status: event.status ?? null,
  summary: event.summary ?? null,
  startsAt: instant(event.start),
  endsAt: instant(event.end),
  raw: event,
})

async function store(em: EntityManager, way: NaiveWay, rows: readonly StoredEvent[]): Promise<void> {
  if (way === 'upsert-many') {
    await em.upsertMany(storedEvent, [...rows])
    return
  }
  for (const row of rows) {
    const { calendarId, eventId } = row
    const known = await em.findOne(storedEvent, { calendarId, eventId })
    if (known) em.assign(known, row)
    else em.persist(em.create(storedEvent, row))
    await em.flush()
  }
}

async function sync(task: NaiveTask): Promise<NaiveResult> {
  const { calendarId, way, most } = task
  const orm = await MikroORM.init({ clientUrl: task.databaseUrl, entities: [storedEvent, syncToken] })
  await orm.schema.drop()
  await orm.schema.create()
  const user = new auth.OAuth2()
  user.setCredentials({ access_token: task.accessToken })
  const api = calendar({ version: 'v3', auth: user, rootUrl: `${task.googleUrl}/` })
  const began = performance.now()
  let events = 0
  let pageToken: string | undefined
  do {
    const { data } = await api.events.list({ calendarId, ...(pageToken === undefined ? {} : { pageToken }) })
    const rows = (data.items ?? []).map((event) => rowOf(calendarId, event))
    const em = orm.em.fork()
    await store(em, way, rows)
    events += rows.length
    pageToken = data.nextPageToken ?? undefined
    if (data.nextSyncToken) await em.upsert(syncToken, { calendarId, token: data.nextSyncToken })
  } while (pageToken !== undefined && events < most)
  const ms = performance.now() - began
  await orm.close()
  return { events, ms, peak: memoryOf(process.pid, 'peak') }
}

process.stdout.write(JSON.stringify(await sync(JSON.parse(process.argv[2] ?? '') as NaiveTask)))
