import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

const text = {
  type: 'text',
  notNull: false,
  default: null,
  identity: null,
  generated: false,
  collation: null,
  privileges: 'raw',
}

describe('columns', () => {
  it('a column without a value for old rows comes back nullable', () => {
    expect(told({ there: [put('relations/users/columns/email')] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_missing users.email",
          "character varying(320) not null → null",
          "Column users.email does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.",
          "mends: alter table users add column email character varying(320)",
          "touches users(email) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a column that was filled by a default comes back as it was', () => {
    expect(told({ there: [put('relations/users/columns/created_at')] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_missing users.created_at",
          "timestamp with time zone default now() not null → null",
          "Column users.created_at does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.",
          "adds: alter table users add column created_at timestamp with time zone default now() not null",
          "touches users(created_at) read, insert, update, delete",
        ],
      ]
    `)
  })

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

  it('a column that must not be null and fills itself hurts no insert', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/columns/a', { ...text, notNull: true, default: "'x'::text" }),
          put('relations/user_oauth_tokens/columns/b', { ...text, notNull: true, identity: 'always' }),
          put('relations/user_oauth_tokens/columns/c', { ...text, notNull: true, generated: true }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "info column_extra user_oauth_tokens.a",
          "null → text default 'x'::text not null",
          "Column user_oauth_tokens.a is not in any migration. Nothing here uses it.",
          "touches user_oauth_tokens(*) insert",
        ],
        [
          "info column_extra user_oauth_tokens.b",
          "null → text generated always as identity not null",
          "Column user_oauth_tokens.b is not in any migration. Nothing here uses it.",
          "touches user_oauth_tokens(*) insert",
        ],
        [
          "info column_extra user_oauth_tokens.c",
          "null → text generated always not null",
          "Column user_oauth_tokens.c is not in any migration. Nothing here uses it.",
          "touches user_oauth_tokens(*) insert",
        ],
      ]
    `)
  })

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

  it('a column that is gone is put back with all it was', () => {
    const odd = { ...text, collation: 'C', identity: 'always', notNull: true, default: "'x'" }
    expect(
      told({
        there: [put('relations/users/columns/Odd Name')],
        expected: [put('relations/users/columns/Odd Name', odd)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_missing users.Odd Name",
          "text collate "C" generated always as identity default 'x' not null → null",
          "Column users.Odd Name does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.",
          "adds: alter table users add column "Odd Name" text collate "C" generated always as identity default 'x' not null",
          "touches users(Odd Name) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('nobody knows what a column that is gone was computed from', () => {
    expect(
      told({
        there: [put('relations/users/columns/name')],
        expected: [put('relations/users/columns/name', { ...text, generated: true })],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read column_missing users.name",
          "text generated always → null",
          "Column users.name does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.",
          "touches users(name) read, insert, update, delete",
        ],
      ]
    `)
  })
})
