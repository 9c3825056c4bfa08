import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { MailSearch, MailTerm } from '../domain/mail-search.ts'

export type ItemService = 'drive' | 'gmail'

export interface ItemPosition {
  readonly atMs: number
  readonly connectionId: string
  readonly itemId: string
}

export interface ItemRow extends ItemPosition {
  readonly item: Readonly<Record<string, unknown>> & { readonly id: string }
}

export interface ItemQuery {
  readonly userId: string
  readonly service: ItemService
  readonly after: ItemPosition | null
  readonly limit: number
  readonly search?: MailSearch
  readonly trashed?: boolean
}

/** Which messages or files does a user have, newest first? */
export async function itemsOf(database: Database, query: ItemQuery): Promise<ItemRow[]> {
  const { userId, service, after, limit, search, trashed } = query
  const parameters: unknown[] = [userId, service, limit]
  const bind = (value: unknown) => `$${parameters.push(value)}`
  const conditions = ['user_id = $1', 'service = $2']
  if (after !== null) {
    const { atMs, connectionId, itemId } = after
    conditions.push(
      `(at_ms, connection_id, item_id) < (${bind(atMs)}::bigint, ${bind(connectionId)}::uuid, ${bind(itemId)}::text)`,
    )
  }
  if (trashed !== undefined)
    conditions.push(`coalesce((raw->>'trashed')::boolean, false) = ${bind(trashed)}::boolean`)
  if (search) conditions.push(...search.terms.map((term) => conditionOf(term, bind)))
  if (search?.spamAndTrash === false) conditions.push(`not (facets->'labels' ?| array['spam', 'trash'])`)
  return sqlOf(database)<ItemRow>(
    `select at_ms::float8 as "atMs", connection_id as "connectionId", item_id as "itemId", raw as item
       from google_item where ${conditions.join(' and ')}
      order by at_ms desc, connection_id desc, item_id desc limit $3`,
    parameters,
  )
}

function conditionOf(term: MailTerm, bind: (value: unknown) => string): string {
  const positive = positiveOf(term, bind)
  return term.negated ? `not (${positive})` : positive
}

function positiveOf(term: MailTerm, bind: (value: unknown) => string): string {
  switch (term.kind) {
    case 'text': {
      const text = bind(term.text)
      return `(${term.fields.map((field) => `position(${text}::text in facets->>'${field}') > 0`).join(' or ')})`
    }
    case 'label':
      return `facets->'labels' ? ${bind(term.label)}::text`
    case 'after':
      return `at_ms >= ${bind(term.atMs)}::bigint`
    case 'before':
      return `at_ms < ${bind(term.atMs)}::bigint`
    default:
      return term satisfies never
  }
}

export interface ItemSyncState {
  readonly connectionId: string
  readonly connectionStatus: 'expected' | 'active' | 'paused'
  readonly connectionReason: string | null
  readonly underWay: boolean
  readonly failureReason: string | null
  readonly lastSyncedAtMs: number | null
  readonly ageMs: number | null
  readonly isWatched: boolean
}

/** How far can the copy of each of a user's connections be trusted? It is as old as its oldest part. */
export async function itemSyncStates(
  database: Database,
  userId: string,
  service: ItemService,
): Promise<ItemSyncState[]> {
  return sqlOf(database)<ItemSyncState>(
    `select k.connection_id as "connectionId", k.status as "connectionStatus", k.reason as "connectionReason",
            r.failure as "failureReason", ${epochMs('r.synced_at')} as "lastSyncedAtMs",
            ${epochMs('(now() - r.synced_at)')} as "ageMs",
            exists (select 1 from resource_run q where q.connection_id = k.connection_id
                       and q.state in ('queued', 'running')) as "underWay",
            coalesce(r.watched, false) as "isWatched"
       from known_connection k
       left join lateral (
         select min(failure_reason) as failure,
                bool_and(coalesce(watched_until > now(), false)) as watched,
                case when bool_and(last_synced_at is not null) then min(last_synced_at) end as synced_at
           from synced_resource s where s.connection_id = k.connection_id and s.removed_at is null) r on true
      where k.user_id = $1 and k.service = $2 order by k.connection_id`,
    [userId, service],
  )
}
