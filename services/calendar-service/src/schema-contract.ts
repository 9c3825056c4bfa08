import { eventStoreNeeds } from '@evergrant/event-store'
import type { DeclaredContract, DeclaredUse } from '@evergrant/schema-verification'

const { append, exchange, forgetting } = eventStoreNeeds
const id = '00000000-0000-5000-8000-000000000000'
const at = '2000-01-01T00:00:00Z'

/** Everything of a table, as its one writer uses it. */
const wholly = (table: string, ...conflictOn: string[]): DeclaredUse => ({
  table,
  reads: '*',
  inserts: '*',
  updates: '*',
  deletes: true,
  ...(conflictOn.length === 0 ? {} : { conflictOn }),
})

const theCopy: readonly DeclaredUse[] = [
  wholly('calendar', 'calendar_id'),
  wholly('calendar_event', 'calendar_id', 'event_id'),
  wholly('calendar_event_staged', 'calendar_id', 'event_id'),
  wholly('calendar_change'),
  wholly('change_position', 'user_id'),
  wholly('google_item', 'connection_id', 'item_id'),
  wholly('google_item_staged', 'resource_id', 'item_id'),
  wholly('google_item_change'),
  wholly('google_item_position', 'user_id', 'service'),
  { table: 'es.rewind', reads: '*' },
]

/** Which columns each capability's statements name; test/drift compares it with the statements themselves. */
export const schemaContract: DeclaredContract = {
  service: 'calendar-service',
  schemas: ['public', 'es', 'inbox'],
  capabilities: {
    'calendar.read': {
      uses: [
        { table: 'calendar', reads: '*' },
        { table: 'calendar_event', reads: '*' },
        { table: 'calendar_change', reads: '*' },
        { table: 'change_position', reads: '*' },
        { table: 'known_connection', reads: '*' },
        { table: 'synced_resource', reads: '*' },
      ],
    },
    'google.read': {
      uses: [
        { table: 'google_item', reads: '*' },
        { table: 'google_item_change', reads: '*' },
        { table: 'google_item_position', reads: '*' },
        { table: 'known_connection', reads: '*' },
        { table: 'synced_resource', reads: '*' },
        { table: 'resource_run', reads: '*' },
      ],
    },
    'calendar.sync': {
      uses: [
        ...append.uses,
        ...theCopy,
        wholly('synced_resource', 'resource_id'),
        wholly('resource_run'),
        wholly('request_budget', 'budget'),
        wholly('run_waiter'),
        wholly('sync_status', 'sync_id'),
        { table: 'known_connection', reads: '*' },
      ],
      calls: append.calls,
    },
    'calendar.write': {
      uses: [
        ...append.uses,
        ...theCopy,
        wholly('event_write', 'write_id'),
        wholly('request_budget', 'budget'),
        { table: 'synced_resource', reads: '*' },
      ],
      calls: append.calls,
    },
    'calendar.push': {
      uses: [
        ...append.uses,
        wholly('push_channel'),
        wholly('request_budget', 'budget'),
        wholly('resource_run'),
        wholly('run_waiter'),
        wholly('sync_status', 'sync_id'),
        { table: 'synced_resource', reads: '*', updates: ['watched_until'] },
        { table: 'known_connection', reads: '*' },
      ],
      calls: append.calls,
    },
    'calendar.connections': {
      uses: [...append.uses, wholly('known_connection', 'connection_id')],
      calls: append.calls,
    },
    idempotency: { uses: [wholly('http_idempotency', 'scope', 'key')] },
    events: exchange,
    'syncs.forget': {
      uses: [{ table: 'sync_status', reads: '*', deletes: true }],
      calls: forgetting.calls,
    },
  },
  canaries: [
    {
      table: 'synced_resource',
      row: { resource_id: id, kind: 'calendar', connection_id: id, user_id: 'canary', google_id: 'canary' },
    },
    {
      table: 'calendar',
      row: {
        calendar_id: id,
        connection_id: id,
        user_id: 'canary',
        google_id: 'canary',
        list_generation: 0,
        raw: '{}',
      },
    },
    {
      table: 'calendar_event',
      row: { calendar_id: id, event_id: 'canary', status: 'confirmed', is_master: false, raw: '{}' },
    },
    { table: 'change_position', row: { user_id: 'canary', last_seq: 1 } },
    {
      table: 'calendar_change',
      row: {
        user_id: 'canary',
        seq: 1,
        at,
        calendar_id: id,
        connection_id: id,
        event_id: 'canary',
        kind: 'upserted',
        event: '{}',
      },
    },
    {
      table: 'google_item',
      row: {
        connection_id: id,
        item_id: 'canary',
        resource_id: id,
        user_id: 'canary',
        service: 'drive',
        revision: '1',
        at_ms: 0,
        facets: '{}',
        raw: '{}',
      },
    },
    { table: 'google_item_position', row: { user_id: 'canary', service: 'drive', last_seq: 1 } },
    {
      table: 'google_item_change',
      row: {
        user_id: 'canary',
        service: 'drive',
        seq: 1,
        at,
        connection_id: id,
        item_id: 'canary',
        kind: 'upserted',
        revision: '1',
        item: '{}',
      },
    },
    {
      table: 'resource_run',
      row: { run_id: id, resource_id: id, connection_id: id, state: 'queued', mode: 'full', due_at: at },
    },
  ],
}
