import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

describe('columns', () => {
  it('a default that no migration gave is harmless', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/columns/scope/default', "'all'::text")] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "info default_added user_oauth_tokens.scope",
          "null → 'all'::text",
          "Column user_oauth_tokens.scope has a default that no migration gave it.",
          "mends: alter table user_oauth_tokens alter column scope drop default",
        ],
      ]
    `)
  })

  it('a default that is gone where null is allowed leaves null', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/columns/note/default', null)] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent default_dropped user_oauth_tokens.note",
          "'none'::text → null",
          "Column user_oauth_tokens.note is filled with null instead of 'none'::text wherever an insert leaves it out.",
          "adds: alter table user_oauth_tokens alter column note set default 'none'::text",
          "touches user_oauth_tokens(*) insert",
        ],
      ]
    `)
  })

  it('a column that is not computed any more stays empty', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/columns/scope/generated', false)],
        expected: [put('relations/user_oauth_tokens/columns/scope/generated', true)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent generation_dropped user_oauth_tokens.scope",
          "generated → ordinary",
          "Column user_oauth_tokens.scope is not computed any more: new rows leave it empty, without an error.",
          "touches user_oauth_tokens(scope) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a column that is generated now has not lost its default besides', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/note/generated', true),
          put('relations/user_oauth_tokens/columns/note/default', null),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write column_generated user_oauth_tokens.note",
          "ordinary → generated",
          "Column user_oauth_tokens.note is generated instead of ordinary: writes that give it a value, or leave it out, fail.",
          "mends: alter table user_oauth_tokens alter column note drop expression",
          "touches user_oauth_tokens(note) insert, update",
        ],
      ]
    `)
  })

  it('an identity that insists refuses values', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/columns/attempts/identity', 'always')],
        expected: [put('relations/user_oauth_tokens/columns/attempts/identity', 'by default')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write identity_changed user_oauth_tokens.attempts",
          "identity (by default) → identity (always)",
          "Column user_oauth_tokens.attempts is identity (always) instead of identity (by default): writes that give it a value, or leave it out, fail.",
          "touches user_oauth_tokens(attempts) insert, update",
        ],
      ]
    `)
  })

  it('an identity that is gone leaves inserts without a number', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/columns/attempts/identity', null)],
        expected: [put('relations/user_oauth_tokens/columns/attempts/identity', 'always')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write identity_changed user_oauth_tokens.attempts",
          "identity (always) → ordinary",
          "Column user_oauth_tokens.attempts is ordinary instead of identity (always): writes that give it a value, or leave it out, fail.",
          "touches user_oauth_tokens(attempts) insert, update",
        ],
      ]
    `)
  })

  it('a collation that is gone changes every order', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/columns/scope/collation', null)],
        expected: [put('relations/user_oauth_tokens/columns/scope/collation', 'C')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent collation_changed user_oauth_tokens.scope",
          "C → default",
          "Column user_oauth_tokens.scope sorts and compares by another collation, so lists change their order and ranges their content.",
          "mends: alter table user_oauth_tokens alter column scope type text collate "C"",
          "touches user_oauth_tokens(scope) read",
        ],
      ]
    `)
  })
})
