import { describe, expect, it } from 'vitest'
import type { Relation } from '../catalog/catalog.ts'
import { recorded } from '../testing/recorded-corpus.ts'
import { put, told } from '../testing/told.ts'

const { users } = recorded.healthy.relations as Record<'users', Relation>

describe('names and settings', () => {
  it('a search path with the schema of the role first leads there when it has a table of that name', () => {
    expect(
      told({
        there: [
          put('server/settings', { search_path: '"$user", public' }),
          put('namesakes', [{ schema: 'evergrant_test_service', name: 'users' }]),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role evergrant_test_service: search_path",
          "public → "$user", public",
          "The search path of evergrant_test_service leads users to the tables of schema evergrant_test_service instead of public; sessions that start from now on see those.",
          "mends: alter role evergrant_test_service reset search_path; alter role evergrant_test_service in database lab reset search_path",
          "touches users(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a search path that passes a schema without that table still leads to ours', () => {
    expect(
      told({
        there: [
          put('server/settings', { search_path: 'other, public' }),
          put('namesakes', [
            { schema: 'other', name: 'strangers' },
            { schema: 'another', name: 'users' },
          ]),
        ],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a namesake behind public is never reached', () => {
    expect(
      told({
        there: [
          put('server/searchPath', ['public', 'other']),
          put('namesakes', [{ schema: 'other', name: 'users' }]),
        ],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('this session is led astray although the next one would not be', () => {
    expect(
      told({
        there: [
          put('server/searchPath', ['other', 'public']),
          put('namesakes', [{ schema: 'other', name: 'users' }]),
          put('server/settings', { search_path: 'public' }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role evergrant_test_service: search_path",
          "public → other, public",
          "The search path of evergrant_test_service leads users to the tables of schema other instead of public; sessions that are open see those.",
          "mends: alter role evergrant_test_service reset search_path; alter role evergrant_test_service in database lab reset search_path",
          "touches users(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('tables of two schemas are in the way', () => {
    expect(
      told({
        there: [
          put('server/searchPath', ['other', 'more', 'public']),
          put('namesakes', [
            { schema: 'other', name: 'users' },
            { schema: 'more', name: 'user_oauth_tokens' },
          ]),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role evergrant_test_service: search_path",
          "public → other, more, public",
          "The search path of evergrant_test_service leads users, user_oauth_tokens to the tables of schema other and the tables of schema more instead of public; sessions that start from now on see those.",
          "mends: alter role evergrant_test_service reset search_path; alter role evergrant_test_service in database lab reset search_path",
          "touches users(*) read, insert, update, delete",
          "touches user_oauth_tokens(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('four tables are led astray, three are named', () => {
    expect(
      told({
        there: [put('server/settings', { search_path: '"Odd"' }), put('server/role', 'Odd Role')],
        expected: [put('relations/a', users)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role Odd Role: search_path",
          "public → "Odd"",
          "The search path of Odd Role leads users, user_oauth_tokens, mikro_orm_migrations and 1 more to nowhere instead of public; sessions that start from now on see those.",
          "mends: alter role "Odd Role" reset search_path; alter role "Odd Role" in database lab reset search_path",
          "touches users(*) read, insert, update, delete",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "touches mikro_orm_migrations(*) read, insert, update, delete",
          "touches a(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a table that is not there is not led astray, nor one that has its schema in its name', () => {
    expect(
      told({
        there: [put('server/searchPath', ['nowhere']), put('relations/users')],
        expected: [put('relations/es.event', users)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role evergrant_test_service: search_path",
          "public → nowhere",
          "The search path of evergrant_test_service leads user_oauth_tokens, mikro_orm_migrations to nowhere instead of public; sessions that start from now on see those.",
          "mends: alter role evergrant_test_service reset search_path; alter role evergrant_test_service in database lab reset search_path",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "touches mikro_orm_migrations(*) read, insert, update, delete",
        ],
        [
          "breaking_read table_missing users",
          "table → null",
          "Table users does not exist. Every statement on it fails; what it held has to come from a backup or, for a projection, from a rebuild.",
          "touches users(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('sessions start read-only', () => {
    expect(
      told({ there: [put('server/settings', { default_transaction_read_only: 'on' })] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write read_only_by_setting role evergrant_test_service: default_transaction_read_only",
          "off → on",
          "Sessions of evergrant_test_service start read-only, so every write fails.",
          "mends: alter role evergrant_test_service reset default_transaction_read_only",
          "touches users(*) insert, update, delete",
          "touches user_oauth_tokens(*) insert, update, delete",
          "touches mikro_orm_migrations(*) insert, update, delete",
        ],
      ]
    `)
  })

  it('sessions start without triggers', () => {
    expect(
      told({ there: [put('server/settings', { session_replication_role: 'replica' })] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity triggers_off_by_setting role evergrant_test_service: session_replication_role",
          "origin → replica",
          "Sessions of evergrant_test_service start as replicas: foreign keys and triggers do nothing.",
          "mends: alter role evergrant_test_service reset session_replication_role",
          "touches users(*) insert, update, delete",
          "touches user_oauth_tokens(*) insert, update, delete",
          "touches mikro_orm_migrations(*) insert, update, delete",
        ],
      ]
    `)
  })

  it('settings that say what is the default say nothing', () => {
    expect(
      told({
        there: [
          put('server/settings', {
            default_transaction_read_only: 'off',
            session_replication_role: 'origin',
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`[]`)
    expect(
      told({ there: [put('server/settings', { session_replication_role: 'local' })] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('settings are told beside a search path that leads astray', () => {
    expect(
      told({
        there: [
          put('server/searchPath', []),
          put('server/settings', { session_replication_role: 'replica' }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read search_path_astray role evergrant_test_service: search_path",
          "public → ",
          "The search path of evergrant_test_service leads users, user_oauth_tokens, mikro_orm_migrations to nowhere instead of public; sessions that start from now on see those.",
          "mends: alter role evergrant_test_service reset search_path; alter role evergrant_test_service in database lab reset search_path",
          "touches users(*) read, insert, update, delete",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "touches mikro_orm_migrations(*) read, insert, update, delete",
        ],
        [
          "integrity triggers_off_by_setting role evergrant_test_service: session_replication_role",
          "origin → replica",
          "Sessions of evergrant_test_service start as replicas: foreign keys and triggers do nothing.",
          "mends: alter role evergrant_test_service reset session_replication_role",
          "touches users(*) insert, update, delete",
          "touches user_oauth_tokens(*) insert, update, delete",
          "touches mikro_orm_migrations(*) insert, update, delete",
        ],
      ]
    `)
  })

  it('what the next session would see counts as soon as one table is led astray there', () => {
    const [said] = told({
      there: [
        put('server/searchPath', ['other', 'public']),
        put('namesakes', [
          { schema: 'other', name: 'user_oauth_tokens' },
          { schema: 'more', name: 'users' },
        ]),
        put('server/settings', { search_path: 'more, public' }),
      ],
    })
    expect(said?.slice(1, 3)).toEqual([
      'public → more, public',
      'The search path of evergrant_test_service leads users, user_oauth_tokens to the tables of schema more and the tables of schema other instead of public; sessions that start from now on see those.',
    ])
  })
})
