import { describe, expect, it } from 'vitest'
import type { Relation } from '../catalog/catalog.ts'
import { recorded } from '../testing/recorded-corpus.ts'
import { put, told } from '../testing/told.ts'

const { users } = recorded.healthy.relations as Record<'users', Relation>

describe('tables', () => {
  it('of a table that was renamed the twin has the same columns, whatever their order', () => {
    expect(
      told({
        there: [
          put('relations/users'),
          put('relations/people', {
            ...users,
            columns: Object.fromEntries(Object.entries(users.columns).reverse()),
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read table_renamed users",
          "table → renamed to people",
          "Table users is gone and people has its columns: it was renamed, with all its rows.",
          "mends: alter table people rename to users",
          "touches users(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a table with another column type is no twin', () => {
    expect(
      told({
        there: [
          put('relations/users'),
          put('relations/people', {
            ...users,
            columns: { ...users.columns, email: { ...users.columns.email, type: 'text' } },
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read table_missing users",
          "table → null",
          "Table users does not exist. Every statement on it fails; what it held has to come from a backup or, for a projection, from a rebuild.",
          "touches users(*) read, insert, update, delete",
        ],
        [
          "info table_extra people",
          "null → table",
          "people is in no migration. Nothing here uses it.",
        ],
      ]
    `)
  })

  it('one twin is the new name of one table only', () => {
    expect(
      told({
        there: [put('relations/users'), put('relations/accounts'), put('relations/people', users)],
        expected: [put('relations/accounts', users)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read table_missing accounts",
          "table → null",
          "Table accounts does not exist. Every statement on it fails; what it held has to come from a backup or, for a projection, from a rebuild.",
          "touches accounts(*) read, insert, update, delete",
        ],
        [
          "breaking_read table_renamed users",
          "table → renamed to people",
          "Table users is gone and people has its columns: it was renamed, with all its rows.",
          "mends: alter table people rename to users",
          "touches users(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a table of another schema is missed under its whole name', () => {
    expect(
      told({
        there: [put('relations/es.event'), put('namesakes', [{ schema: 'attic', name: 'event' }])],
        expected: [put('relations/es.event', users)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read table_moved es.event",
          "table → attic.event",
          "Table es.event is gone from es and there is one of that name in attic: it was moved.",
          "mends: alter table attic.event set schema es",
          "touches es.event(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a table whose namesake is of another name is simply gone', () => {
    expect(
      told({
        there: [put('relations/es.event'), put('namesakes', [{ schema: 'attic', name: 'events' }])],
        expected: [put('relations/es.event', users)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read table_missing es.event",
          "table → null",
          "Table es.event does not exist. Every statement on it fails; what it held has to come from a backup or, for a projection, from a rebuild.",
          "touches es.event(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a table is temporary', () => {
    expect(told({ there: [put('relations/users/persistence', 'temporary')] })).toMatchInlineSnapshot(`
      [
        [
          "integrity persistence_changed users",
          "permanent → temporary",
          "users is temporary: it is not kept as it should be.",
          "mends: alter table users set logged",
          "touches users(*) insert, update",
        ],
      ]
    `)
  })

  it('a table is logged that was not', () => {
    expect(
      told({
        there: [put('relations/users/persistence', 'permanent')],
        expected: [put('relations/users/persistence', 'unlogged')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity persistence_changed users",
          "unlogged → permanent",
          "users is permanent: it is not kept as it should be.",
          "mends: alter table users set unlogged",
          "touches users(*) insert, update",
        ],
      ]
    `)
  })

  it('an owner nobody knows is no difference', () => {
    expect(told({ there: [put('relations/users/ownedByMigrator', null)] })).toMatchInlineSnapshot(`[]`)
  })

  it('a table that never was of the migrator is no difference', () => {
    expect(
      told({
        there: [put('relations/users/ownedByMigrator', false)],
        expected: [put('relations/users/ownedByMigrator', null)],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('of a view only its columns and rights are compared', () => {
    expect(
      told({
        there: [
          put('relations/users/kind', 'view'),
          put('relations/users/constraints', {}),
          put('relations/users/indexes', {}),
          put('relations/users/columns/email/notNull', false),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write relation_kind_changed users",
          "table → view",
          "users is a view instead of a table: reads may look right, upserts fail.",
          "touches users(*) insert, update",
        ],
        [
          "integrity not_null_dropped users.email",
          "not null → nullable",
          "Column users.email may be null, so rows the code cannot make sense of may get in.",
          "mends: alter table users alter column email set not null",
          "touches users(email) insert, update",
        ],
      ]
    `)
  })

  it('an upsert of one table needs no index of another', () => {
    expect(
      told({
        there: [put('relations/users/indexes/one')],
        expected: [
          put('relations/users/indexes/one', {
            definition: 'CREATE UNIQUE INDEX one ON users',
            unique: true,
            columns: ['user_id', 'service'],
            valid: true,
            ofConstraint: false,
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_missing users(one)",
          "CREATE UNIQUE INDEX one ON users → null",
          "The unique index one of users is gone, so duplicates get in and what relies on it fails.",
          "mends: CREATE UNIQUE INDEX CONCURRENTLY one ON users",
          "touches users(user_id, service) insert, update",
        ],
      ]
    `)
  })

  it('a table that belongs to another role fails only the next migration', () => {
    expect(told({ there: [put('relations/users/ownedByMigrator', false)] })).toMatchInlineSnapshot(`
      [
        [
          "integrity owner_changed users",
          "owned by the migrator → owned by another role",
          "users belongs to another role: the next migration of it fails, and its owner may change it.",
          "mends: alter table users owner to evergrant_migrator",
          "touches users(*) ",
        ],
      ]
    `)
  })
})
