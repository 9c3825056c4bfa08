import { describe, expect, it } from 'vitest'
import { text } from '../testing/text-column.ts'
import { put, told } from '../testing/told.ts'

describe('columns', () => {
  it('the new column of the same type whose name is closest is the renamed one', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/scope'),
          put('relations/user_oauth_tokens/columns/colour', text),
          put('relations/user_oauth_tokens/columns/old_scope', text),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_renamed user_oauth_tokens.scope",
          "text → renamed to old_scope",
          "Column user_oauth_tokens.scope is gone and user_oauth_tokens.old_scope of the same type is new: it was renamed. Every statement that names scope fails; an ORM that selects * reads it as undefined.",
          "mends: alter table user_oauth_tokens rename column old_scope to scope",
          "touches user_oauth_tokens(scope) read, insert, update, delete",
        ],
        [
          "info column_extra user_oauth_tokens.colour",
          "null → text",
          "Column user_oauth_tokens.colour is not in any migration. Nothing here uses it.",
          "touches user_oauth_tokens(*) insert",
        ],
      ]
    `)
  })

  it('of two columns that are gone each finds its own', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/scope'),
          put('relations/user_oauth_tokens/columns/note'),
          put('relations/user_oauth_tokens/columns/scopes', text),
          put('relations/user_oauth_tokens/columns/notes', text),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_renamed user_oauth_tokens.note",
          "text default 'none'::text → renamed to notes",
          "Column user_oauth_tokens.note is gone and user_oauth_tokens.notes of the same type is new: it was renamed. Every statement that names note fails; an ORM that selects * reads it as undefined.",
          "mends: alter table user_oauth_tokens rename column notes to note",
          "touches user_oauth_tokens(note) read, insert, update, delete",
        ],
        [
          "breaking_read column_renamed user_oauth_tokens.scope",
          "text → renamed to scopes",
          "Column user_oauth_tokens.scope is gone and user_oauth_tokens.scopes of the same type is new: it was renamed. Every statement that names scope fails; an ORM that selects * reads it as undefined.",
          "mends: alter table user_oauth_tokens rename column scopes to scope",
          "touches user_oauth_tokens(scope) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('one new column is the new name of one column only', () => {
    const said = told({
      there: [
        put('relations/user_oauth_tokens/columns/scope'),
        put('relations/user_oauth_tokens/columns/note'),
        put('relations/user_oauth_tokens/columns/colour', text),
      ],
    })
    expect(said.map(([what]) => what?.replace(/ user_oauth_tokens.*/, '')).sort()).toEqual([
      'breaking_read column_missing',
      'breaking_read column_renamed',
    ])
  })

  it('a new column of another type is no rename', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/scope'),
          put('relations/user_oauth_tokens/columns/scopes', { ...text, type: 'jsonb' }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_missing user_oauth_tokens.scope",
          "text → null",
          "Column user_oauth_tokens.scope does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.",
          "adds: alter table user_oauth_tokens add column scope text",
          "touches user_oauth_tokens(scope) read, insert, update, delete",
        ],
        [
          "info column_extra user_oauth_tokens.scopes",
          "null → jsonb",
          "Column user_oauth_tokens.scopes is not in any migration. Nothing here uses it.",
          "touches user_oauth_tokens(*) insert",
        ],
      ]
    `)
  })

  it('any new column of the type may be the renamed one', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/scope'),
          put('relations/user_oauth_tokens/columns/colour', text),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_renamed user_oauth_tokens.scope",
          "text → renamed to colour",
          "Column user_oauth_tokens.scope is gone and user_oauth_tokens.colour of the same type is new: it was renamed. Every statement that names scope fails; an ORM that selects * reads it as undefined.",
          "mends: alter table user_oauth_tokens rename column colour to scope",
          "touches user_oauth_tokens(scope) read, insert, update, delete",
        ],
      ]
    `)
  })
})
