import { describe, expect, it } from 'vitest'
import { jsonbParameter } from './jsonb-parameter.ts'

const textOf = (value: unknown) => jsonbParameter(value).subarray(1).toString()

describe('a jsonb parameter', () => {
  it('loses what jsonb refuses and nothing else', () => {
    expect(JSON.parse(textOf({ text: 'a\u0000b\ud800c', emoji: '😀', slash: '\\u0000' }))).toEqual({
      text: 'ab\ufffdc',
      emoji: '😀',
      slash: '\\u0000',
    })
  })
  it('leaves ordinary text as it is, behind the version of the binary format', () => {
    expect(textOf(['Ünïcode', 1, null])).toBe('["Ünïcode",1,null]')
    expect(jsonbParameter([])[0]).toBe(1)
  })
})
