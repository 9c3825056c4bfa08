import { describe, expect, it } from 'vitest'
import { text } from '../testing/text-column.ts'
import { put, told } from '../testing/told.ts'

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
