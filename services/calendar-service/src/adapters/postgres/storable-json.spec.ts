import { describe, expect, it } from 'vitest'
import { storableJson } from './storable-json.ts'

describe('JSON for PostgreSQL', () => {
  it('loses what jsonb refuses and nothing else', () => {
    expect(JSON.parse(storableJson({ text: 'a\u0000b\ud800c', emoji: '😀', slash: '\\u0000' }))).toEqual({
      text: 'ab\ufffdc',
      emoji: '😀',
      slash: '\\u0000',
    })
  })
  it('leaves ordinary text as it is', () => {
    expect(storableJson(['Ünïcode', 1, null])).toBe('["Ünïcode",1,null]')
  })
})
