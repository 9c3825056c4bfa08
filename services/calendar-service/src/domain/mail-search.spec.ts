import { describe, expect, it } from 'vitest'
import { parseMailSearch } from './mail-search.ts'

const now = new Date('2026-11-23T10:00:00Z')
const termsOf = (text: string) => parseMailSearch(text, now).terms

describe('reading a search', () => {
  it('takes every word for a condition, wherever it may stand', () => {
    const everywhere = { kind: 'text', fields: ['from', 'to', 'subject'], negated: false }
    expect(termsOf('Lunch "with Ana"')).toEqual([
      { ...everywhere, text: 'lunch' },
      { ...everywhere, text: 'with ana' },
    ])
    expect(termsOf('re:zero')).toEqual([{ ...everywhere, text: 're:zero' }])
    expect(termsOf('')).toEqual([])
  })

  it.each([
    ['from:Ana@Example.com', { kind: 'text', fields: ['from'], text: 'ana@example.com', negated: false }],
    ['-subject:"big sale"', { kind: 'text', fields: ['subject'], text: 'big sale', negated: true }],
    ['label:Label_7', { kind: 'label', label: 'label_7', negated: false }],
    ['in:drafts', { kind: 'label', label: 'draft', negated: false }],
    ['is:unread', { kind: 'label', label: 'unread', negated: false }],
    ['is:read', { kind: 'label', label: 'unread', negated: true }],
    ['-is:read', { kind: 'label', label: 'unread', negated: false }],
    ['category:primary', { kind: 'label', label: 'category_personal', negated: false }],
    ['after:2026/01/31', { kind: 'after', atMs: Date.UTC(2026, 0, 31), negated: false }],
    ['before:1767225600', { kind: 'before', atMs: 1_767_225_600_000, negated: false }],
    ['newer_than:2d', { kind: 'after', atMs: now.getTime() - 2 * 86_400_000, negated: false }],
    ['older_than:1h', { kind: 'before', atMs: now.getTime() - 3_600_000, negated: false }],
  ])('understands %s', (text, term) => {
    expect(termsOf(text)).toEqual([term])
  })

  it('looks into spam and trash only when asked to', () => {
    expect(parseMailSearch('lunch', now).spamAndTrash).toBe(false)
    expect(parseMailSearch('-in:spam', now).spamAndTrash).toBe(false)
    expect(parseMailSearch('in:trash lunch', now).spamAndTrash).toBe(true)
    expect(parseMailSearch('in:anywhere', now)).toEqual({ terms: [], spamAndTrash: true })
  })

  it.each(['has:attachment', 'larger:5M', 'a OR b', '{a b}', '(a b)', 'after:soon', 'newer_than:week'])(
    'refuses %s rather than find something else',
    (text) => {
      expect(() => termsOf(text)).toThrow(expect.objectContaining({ code: 'unsupported_search' }))
    },
  )
})
