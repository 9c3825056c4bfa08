import { calendarErrors } from './errors.ts'

/** One condition of a Gmail search; all of them must hold. */
export type MailTerm =
  | {
      readonly kind: 'text'
      readonly fields: readonly ('from' | 'to' | 'subject')[]
      readonly text: string
      readonly negated: boolean
    }
  | { readonly kind: 'label'; readonly label: string; readonly negated: boolean }
  | { readonly kind: 'after' | 'before'; readonly atMs: number; readonly negated: boolean }

export interface MailSearch {
  readonly terms: readonly MailTerm[]
  /** Spam and trash are only found by those who ask for them, as at Gmail. */
  readonly spamAndTrash: boolean
}

// Gmail's operators that need what is not kept (bodies, attachments), or that would quietly find something else here.
const unsupported = new Set(
  'has,filename,size,larger,smaller,bcc,deliveredto,list,rfc822msgid,around'.split(','),
)
const everywhere = ['from', 'to', 'subject'] as const
const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  d: 86_400_000,
  m: 30 * 86_400_000,
  y: 365 * 86_400_000,
}

/** Reads the part of Gmail's search language that metadata can answer: words, `from:`, `to:`, `cc:`, `subject:`, `label:` and
 * `in:` (label ids), `is:`, `category:`, `after:`, `before:`, `newer_than:`, `older_than:`, quotes and `-`.
 * @throws DomainError `unsupported_search` for the rest, where a guess would look like missing mail. */
export function parseMailSearch(text: string, now: Date): MailSearch {
  const terms: MailTerm[] = []
  let spamAndTrash = false
  for (const [word] of text.matchAll(/-?(?:\w+:)?(?:"[^"]*"|\S+)/g)) {
    if (/[(){}]/.test(word) || word === 'OR' || word === 'AND') throw unreadable(word)
    const negated = word.startsWith('-') && word.length > 1
    const [, operator = '', quoted = ''] = /^-?(?:(\w+):)?(.*)$/s.exec(word) ?? []
    const value = quoted.replaceAll('"', '').toLowerCase()
    const name = operator.toLowerCase()
    if (name === 'in' && value === 'anywhere') {
      spamAndTrash = true
      continue
    }
    const term = termOf(name, value, now)
    if (term === null) throw unreadable(word)
    if (term.kind === 'label' && (term.label === 'spam' || term.label === 'trash') && !negated)
      spamAndTrash = true
    terms.push({ ...term, negated: negated !== term.negated })
  }
  return { terms, spamAndTrash }
}

function termOf(operator: string, value: string, now: Date): MailTerm | null {
  if (unsupported.has(operator)) return null
  const plain = { text: value, negated: false } as const
  switch (operator) {
    case 'from':
    case 'to':
    case 'subject':
      return { kind: 'text', fields: [operator], ...plain }
    case 'cc':
      return { kind: 'text', fields: ['to'], ...plain }
    case 'label':
      return { kind: 'label', label: value, negated: false }
    case 'in':
      return { kind: 'label', label: value === 'drafts' ? 'draft' : value, negated: false }
    case 'category':
      return { kind: 'label', label: `category_${value === 'primary' ? 'personal' : value}`, negated: false }
    case 'is':
      // Read is what is not unread: there is no label for it.
      return { kind: 'label', label: value === 'read' ? 'unread' : value, negated: value === 'read' }
    case 'after':
    case 'before':
      return pointInTime(operator, dateOf(value))
    case 'newer_than':
    case 'older_than': {
      const [, count, unit = ''] = /^(\d+)([hdmy])$/.exec(value) ?? []
      const ago = count === undefined ? null : now.getTime() - Number(count) * (unitMs[unit] ?? 0)
      return pointInTime(operator === 'newer_than' ? 'after' : 'before', ago)
    }
    case '':
      return { kind: 'text', fields: everywhere, ...plain }
    default:
      // No operator of Gmail's: a word with a colon in it.
      return { kind: 'text', fields: everywhere, text: `${operator}:${value}`, negated: false }
  }
}

function pointInTime(kind: 'after' | 'before', atMs: number | null): MailTerm | null {
  return atMs === null ? null : { kind, atMs, negated: false }
}

/** Seconds since the epoch, or a day like 2026/01/31. */
function dateOf(value: string): number | null {
  if (/^\d{9,}$/.test(value)) return Number(value) * 1000
  const [, year, month = '', day = ''] = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(value) ?? []
  const atMs = Date.parse(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00Z`)
  return Number.isNaN(atMs) ? null : atMs
}

function unreadable(word: string) {
  return calendarErrors.unsupported_search({ detail: { word } })
}
