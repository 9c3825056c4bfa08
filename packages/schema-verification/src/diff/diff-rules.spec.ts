import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

describe('what stands between a statement and its rows', () => {
  it('a rewrite rule is gone, another one is another', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/rules/kept', 'DO INSTEAD NOTHING'),
          put('relations/user_oauth_tokens/rules/lost'),
        ],
        expected: [
          put('relations/user_oauth_tokens/rules/kept', 'DO ALSO NOTIFY'),
          put('relations/user_oauth_tokens/rules/lost', 'DO ALSO NOTIFY'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write rule_changed user_oauth_tokens(kept)",
          "DO ALSO NOTIFY → DO INSTEAD NOTHING",
          "The rewrite rule kept of user_oauth_tokens is another one now: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
        [
          "breaking_write rule_changed user_oauth_tokens(lost)",
          "DO ALSO NOTIFY → null",
          "The rewrite rule lost of user_oauth_tokens is gone: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
      ]
    `)
  })

  it('a view that reads something else has another rule', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/rules/_RETURN', 'SELECT 2')],
        expected: [
          put('relations/user_oauth_tokens/kind', 'view'),
          put('relations/user_oauth_tokens/rules/_RETURN', 'SELECT 1'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write rule_changed user_oauth_tokens(_RETURN)",
          "SELECT 1 → SELECT 2",
          "The rewrite rule _RETURN of user_oauth_tokens is another one now: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
      ]
    `)
  })
})
