import type { FindingClass } from './finding.ts'

interface TypeVerdict {
  readonly class: FindingClass
  readonly why: string
  /** What `alter column … type` needs to convert back. */
  readonly using: (column: string) => string
}

const asIs = () => ''
const cast = (type: string) => (column: string) => ` using ${column}::${type}`

/** What it means for the code that a column has another type. */
export function compareTypes(expected: string, actual: string): TypeVerdict {
  const from = parts(expected)
  const to = parts(actual)
  const times = new Set(['timestamp with time zone', 'timestamp without time zone'])
  if (from.base !== to.base && times.has(from.base) && times.has(to.base))
    return {
      class: 'silent',
      why: `it stores ${from.base === 'timestamp with time zone' ? 'no time zone any more' : 'a time zone now'}, so every session outside UTC reads and writes other moments, without an error`,
      using: (column) => ` using ${column} at time zone 'UTC'`,
    }
  if (from.base === to.base && times.has(from.base))
    return to.size < from.size
      ? { class: 'silent', why: 'fractions of a second are rounded, without an error', using: asIs }
      : { class: 'info', why: 'every fraction of a second that fitted still fits', using: asIs }
  if (isText(from.base) && isText(to.base)) return textVerdict(from.size, to.size)
  if (actual === 'bytea')
    return {
      class: 'breaking_read',
      why: 'values come back as bytes, and comparing them with text fails',
      using: (column) => ` using convert_from(${column}, 'UTF8')`,
    }
  if (from.base === to.base && from.base === 'numeric')
    return { class: 'breaking_write', why: 'numbers may not fit, or are rounded', using: asIs }
  return {
    class: 'breaking_read',
    why: 'values are read as another type, and writes of the old one fail or are converted',
    using: cast(expected),
  }
}

function textVerdict(from: number, to: number): TypeVerdict {
  return to < from
    ? { class: 'breaking_write', why: `a value longer than ${to} characters cannot be written`, using: asIs }
    : { class: 'info', why: 'everything that fitted still fits', using: asIs }
}

function isText(base: string): boolean {
  return base === 'text' || base === 'character varying'
}

function parts(type: string) {
  const size = /\((\d+)/.exec(type)?.[1]
  return {
    base: type.replace(/\([^)]*\)/, ''),
    size: size === undefined ? Number.POSITIVE_INFINITY : Number(size),
  }
}
