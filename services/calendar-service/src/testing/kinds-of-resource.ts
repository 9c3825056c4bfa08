import type { Service } from '@evergrant/event-contracts'
import type { GoogleEmulator } from '@evergrant/google-emulator'

/** How a step is done at Google, and what there is in the end: a text for each id. */
export interface KindOfResource {
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

export type KindsOfResource = ReturnType<typeof kindsOfResource>

/** What there is to sync, each kind with a script of its own for the same steps. */
export function kindsOfResource(google: GoogleEmulator) {
  const host = 'host@example.com'
  google.addAccount({ email: host })
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

  return {
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
  } as const satisfies Record<string, KindOfResource>
}
