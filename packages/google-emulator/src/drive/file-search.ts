import { type GoogleError, googleError } from '../http/google-error.ts'
import type { FileResource } from './drive-record.ts'

type Matches = (file: FileResource) => boolean

const text = String.raw`'((?:[^'\\]|\\.)*)'`
const unescaped = (value: string) => value.replaceAll(/\\(.)/g, '$1')

/** The part of Drive's search language the emulator knows: `trashed = …`, `mimeType = / != …`, `name = / contains …`,
 * `'…' in parents`, `modifiedTime > …`, joined by `and`.
 * @throws GoogleError 400 for anything else, where a wrong guess would look like missing files */
export function fileSearch(query: string): Matches {
  if (query.trim() === '') return () => true
  const terms = query.split(/\s+and\s+/i).map((term) => termOf(term.trim()))
  return (file) => terms.every((matches) => matches(file))
}

function termOf(term: string): Matches {
  const trashed = /^trashed\s*=\s*(true|false)$/.exec(term)
  if (trashed) return (file) => file.trashed === (trashed[1] === 'true')
  const parent = new RegExp(`^${text}\\s+in\\s+parents$`).exec(term)
  if (parent) return (file) => file.parents.includes(unescaped(parent[1] ?? ''))
  const [, field, operator, quoted = ''] =
    new RegExp(`^(name|mimeType|modifiedTime)\\s*(=|!=|>=|>|<=|<|contains)\\s*${text}$`).exec(term) ?? []
  if (field === undefined) throw invalidQuery()
  const value = unescaped(quoted)
  const compared = (file: FileResource) =>
    field === 'modifiedTime'
      ? Date.parse(file.modifiedTime) - Date.parse(value)
      : compare(String(file[field]), value)
  switch (operator) {
    case '=':
      return (file) => compared(file) === 0
    case '!=':
      return (file) => compared(file) !== 0
    case '>':
      return (file) => compared(file) > 0
    case '>=':
      return (file) => compared(file) >= 0
    case '<':
      return (file) => compared(file) < 0
    case '<=':
      return (file) => compared(file) <= 0
    default:
      return (file) => String(file[field]).toLowerCase().includes(value.toLowerCase())
  }
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

const invalidQuery = (): GoogleError => googleError(400, 'invalid', 'Invalid Value', { location: 'q' })
