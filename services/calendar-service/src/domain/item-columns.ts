import type { GoogleItem } from './google-item.ts'
import { mailFacets } from './mail-facets.ts'

type Columns = Pick<GoogleItem, 'atMs' | 'facets'>
type Raw = GoogleItem['raw']

/** What lists are in order of and searches look at, worked out from what is kept of an item: when it comes, and again
 * whenever the copy is rebuilt. */
export const itemColumns: Readonly<Record<'gmail' | 'drive', (raw: Raw) => Columns>> = {
  gmail: ({ internalDate, labelIds, payload }) => {
    const atMs = Number(internalDate)
    return {
      atMs: Number.isSafeInteger(atMs) ? atMs : 0,
      facets: mailFacets({ labelIds: entries(labelIds).filter(isText), headers: headersOf(payload) }),
    }
  },
  drive: ({ name, modifiedTime }) => {
    const atMs = isText(modifiedTime) ? Date.parse(modifiedTime) : Number.NaN
    return {
      atMs: Number.isNaN(atMs) ? 0 : atMs,
      facets: isText(name) ? { name: name.toLowerCase() } : {},
    }
  },
}

function headersOf(payload: unknown): { readonly name: string; readonly value: string }[] {
  if (!isObject(payload)) return []
  return entries(payload.headers).flatMap((header) => {
    if (!isObject(header)) return []
    const { name, value } = header
    return isText(name) && isText(value) ? [{ name, value }] : []
  })
}

function entries(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
