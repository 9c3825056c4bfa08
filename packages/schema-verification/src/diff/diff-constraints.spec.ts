import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

const short = {
  type: 'check',
  definition: 'CHECK ((length(note) < 9))',
  columns: ['note'],
  validated: true,
}

describe('constraints', () => {
  it('a constraint that is called otherwise does the same', () => {
    expect(
      told({
        there: [
          put('relations/users/constraints/users_email_key'),
          put('relations/users/constraints/by hand', {
            type: 'unique',
            definition: 'UNIQUE (email)',
            columns: ['email'],
            validated: true,
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "info constraint_renamed users(users_email_key)",
          "users_email_key → by hand",
          "Constraint users_email_key of users is called by hand now; it does the same.",
          "mends: alter table users rename constraint "by hand" to users_email_key",
        ],
      ]
    `)
  })

  it('one that is called otherwise and was never checked is not the same', () => {
    expect(
      told({
        there: [
          put('relations/users/constraints/users_email_key'),
          put('relations/users/constraints/by_hand', {
            type: 'unique',
            definition: 'UNIQUE (email)',
            columns: ['email'],
            validated: false,
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write unique_extra users(by_hand)",
          "null → UNIQUE (email)",
          "The unique by_hand of users is in no migration; it may refuse what the code writes.",
          "mends: alter table users drop constraint by_hand",
          "touches users(email) insert, update",
          "so degraded",
        ],
        [
          "integrity unique_missing users(users_email_key)",
          "UNIQUE (email) → null",
          "The unique users_email_key of users is gone, so duplicates get in.",
          "mends: alter table users add constraint users_email_key UNIQUE (email)",
          "touches users(email) insert, update",
        ],
      ]
    `)
  })

  it('a check that was never validated is put back that way', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/constraints/short')],
        expected: [put('relations/user_oauth_tokens/constraints/short', { ...short, validated: false })],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity check_missing user_oauth_tokens(short)",
          "CHECK ((length(note) < 9)) → null",
          "The check short of user_oauth_tokens is gone, so values the code does not know may get in.",
          "adds: alter table user_oauth_tokens add constraint short CHECK ((length(note) < 9))",
          "touches user_oauth_tokens(note) insert, update",
        ],
      ]
    `)
  })

  it('a check that is valid now is better than expected', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/constraints/short/validated', true)],
        expected: [put('relations/user_oauth_tokens/constraints/short', { ...short, validated: false })],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a check of free form may refuse more', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/constraints/short/definition', 'CHECK ((length(note) < 5))'),
        ],
        expected: [put('relations/user_oauth_tokens/constraints/short', short)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write check_changed user_oauth_tokens(short)",
          "CHECK ((length(note) < 9)) → CHECK ((length(note) < 5))",
          "The check short of user_oauth_tokens says something else now and may refuse what the code writes.",
          "mends: alter table user_oauth_tokens drop constraint short, add constraint short CHECK ((length(note) < 9))",
          "touches user_oauth_tokens(note) insert, update",
        ],
      ]
    `)
  })

  it('an exclusion that is another one may refuse more', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/constraints/apart/definition', 'EXCLUDE USING gist (id WITH &&)'),
        ],
        expected: [
          put('relations/user_oauth_tokens/constraints/apart', {
            type: 'exclusion',
            definition: 'EXCLUDE USING gist (id WITH =)',
            columns: ['id'],
            validated: true,
          }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write exclusion_changed user_oauth_tokens(apart)",
          "EXCLUDE USING gist (id WITH =) → EXCLUDE USING gist (id WITH &&)",
          "The exclusion apart of user_oauth_tokens says something else now and may refuse what the code writes.",
          "mends: alter table user_oauth_tokens drop constraint apart, add constraint apart EXCLUDE USING gist (id WITH =)",
          "touches user_oauth_tokens(id) insert, update",
        ],
      ]
    `)
  })

  it('a list of values on another column is no narrower list', () => {
    expect(
      told({
        there: [
          put(
            'relations/user_oauth_tokens/constraints/user_oauth_tokens_service_check/definition',
            "CHECK ((note = ANY (ARRAY['calendar'::text])))",
          ),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write check_changed user_oauth_tokens(user_oauth_tokens_service_check)",
          "CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text]))) → CHECK ((note = ANY (ARRAY['calendar'::text])))",
          "The check user_oauth_tokens_service_check of user_oauth_tokens says something else now and may refuse what the code writes.",
          "mends: alter table user_oauth_tokens drop constraint user_oauth_tokens_service_check, add constraint user_oauth_tokens_service_check CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text])))",
          "touches user_oauth_tokens(service) insert, update",
        ],
      ]
    `)
  })

  it('a list that loses one value and gains another refuses the one', () => {
    expect(
      told({
        there: [
          put(
            'relations/user_oauth_tokens/constraints/user_oauth_tokens_service_check/definition',
            "CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'photos'::text])))",
          ),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write values_narrowed user_oauth_tokens(user_oauth_tokens_service_check)",
          "CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text]))) → CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'photos'::text])))",
          "user_oauth_tokens_service_check refuses 'gmail', which the code writes.",
          "mends: alter table user_oauth_tokens drop constraint user_oauth_tokens_service_check, add constraint user_oauth_tokens_service_check CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text])))",
          "touches user_oauth_tokens(service) insert, update",
        ],
      ]
    `)
  })

  it('two values more are both told', () => {
    expect(
      told({
        there: [
          put(
            'relations/user_oauth_tokens/constraints/user_oauth_tokens_service_check/definition',
            "CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text, 'maps'::text, 'photos'::text])))",
          ),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity values_widened user_oauth_tokens(user_oauth_tokens_service_check)",
          "CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text]))) → CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text, 'maps'::text, 'photos'::text])))",
          "user_oauth_tokens_service_check lets 'maps', 'photos' through, which the code does not know.",
          "mends: alter table user_oauth_tokens drop constraint user_oauth_tokens_service_check, add constraint user_oauth_tokens_service_check CHECK ((service = ANY (ARRAY['calendar'::text, 'drive'::text, 'gmail'::text])))",
          "touches user_oauth_tokens(service) insert, update",
        ],
      ]
    `)
  })

  it('a foreign key that was off before is no difference', () => {
    expect(
      told({
        expected: [put('relations/user_oauth_tokens/disabledForeignKeys', ['user_oauth_tokens_user_fkey'])],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('one that is gone and another one that is new are no rename', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/constraints/long', {
            ...short,
            definition: 'CHECK ((length(note) > 9))',
          }),
          put('relations/user_oauth_tokens/constraints/short'),
        ],
        expected: [put('relations/user_oauth_tokens/constraints/short', short)],
      }).map(([what]) => what),
    ).toEqual([
      'breaking_write check_extra user_oauth_tokens(long)',
      'integrity check_missing user_oauth_tokens(short)',
    ])
  })

  it.each([
    ["CHECK ((note = 'a'::text))", 'CHECK ((length(note) < 9))'],
    ['CHECK ((length(note) < 9))', "CHECK ((note = 'a'::text))"],
  ])('a list of values and a check of free form are not compared by value: %s, %s', (before, after) => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/constraints/short/definition', after)],
        expected: [put('relations/user_oauth_tokens/constraints/short', { ...short, definition: before })],
      }).map(([what]) => what),
    ).toEqual(['breaking_write check_changed user_oauth_tokens(short)'])
  })

  it('a foreign key whose triggers are off lets every write through', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/disabledForeignKeys', ['user_oauth_tokens_user_fkey'])],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity foreign_key_disabled user_oauth_tokens(user_oauth_tokens_user_fkey)",
          "enforced → its triggers are disabled",
          "The foreign key user_oauth_tokens_user_fkey is not enforced on user_oauth_tokens: somebody disabled the triggers behind it.",
          "mends: alter table user_oauth_tokens enable trigger all",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
      ]
    `)
  })
})
