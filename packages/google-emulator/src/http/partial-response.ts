import { googleError } from './google-error.ts'

type Selection = Map<string, Selection | 'all'>

/** Applies Google's `fields=` (`a,b(c,d),e/f,*`) to a response.
 * @throws GoogleError 400 invalidParameter for a mask that does not parse */
export function selectFields(body: unknown, mask: string): unknown {
  return project(body, parse(mask))
}

function parse(mask: string): Selection {
  const reader = { text: mask.replaceAll(' ', ''), at: 0 }
  const selection = parseList(reader)
  if (reader.at < reader.text.length || selection.size === 0) throw invalid(mask)
  return selection
}

interface Reader {
  readonly text: string
  at: number
}

function parseList(reader: Reader): Selection {
  const selection: Selection = new Map()
  do {
    addPath(reader, selection)
  } while (take(reader, ','))
  return selection
}

function addPath(reader: Reader, into: Selection): void {
  const name = /^[\w*@.-]+/.exec(reader.text.slice(reader.at))?.[0]
  if (name === undefined) throw invalid(reader.text)
  reader.at += name.length
  if (take(reader, '/')) {
    addPath(reader, nested(into, name))
  } else if (take(reader, '(')) {
    const inner = parseList(reader)
    if (!take(reader, ')')) throw invalid(reader.text)
    const target = nested(into, name)
    for (const [key, value] of inner) target.set(key, value)
  } else {
    into.set(name, 'all')
  }
}

function nested(selection: Selection, name: string): Selection {
  const existing = selection.get(name)
  if (existing instanceof Map) return existing
  const created: Selection = new Map()
  selection.set(name, created)
  return created
}

function take(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false
  reader.at += 1
  return true
}

function project(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((item) => project(item, selection))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const chosen = selection.get(key) ?? selection.get('*')
    if (chosen === undefined) return []
    return [[key, chosen === 'all' ? inner : project(inner, chosen)]]
  })
  return Object.fromEntries(kept)
}

const invalid = (mask: string) =>
  googleError(400, 'invalidParameter', `Invalid field selection ${mask}`, { location: 'fields' })
