import { type Database, sqlOf } from '@evergrant/event-store'
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
