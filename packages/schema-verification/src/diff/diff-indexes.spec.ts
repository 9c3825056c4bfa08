import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

const unique = (columns: readonly string[]) => ({
  definition: 'CREATE UNIQUE INDEX one ON user_oauth_tokens …',
  unique: true,
  columns,
  valid: true,
  ofConstraint: false,
})

describe('indexes', () => {
  it('a unique index is gone that no upsert names', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['note']))],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_missing user_oauth_tokens(one)",
          "CREATE UNIQUE INDEX one ON user_oauth_tokens … → null",
          "The unique index one of user_oauth_tokens is gone, so duplicates get in and what relies on it fails.",
          "mends: CREATE UNIQUE INDEX CONCURRENTLY one ON user_oauth_tokens …",
          "touches user_oauth_tokens(note) insert, update",
        ],
      ]
    `)
  })

  it('a unique index is gone that an upsert needs', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['service', 'user_id']))],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write index_missing user_oauth_tokens(one)",
          "CREATE UNIQUE INDEX one ON user_oauth_tokens … → null",
          "The unique index one of user_oauth_tokens is gone, so duplicates get in and what relies on it fails.",
          "mends: CREATE UNIQUE INDEX CONCURRENTLY one ON user_oauth_tokens …",
          "touches user_oauth_tokens(service, user_id) insert, update",
        ],
      ]
    `)
  })

  it('a unique index on fewer columns than the upsert names is not the one it needs', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['user_id']))],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_missing user_oauth_tokens(one)",
          "CREATE UNIQUE INDEX one ON user_oauth_tokens … → null",
          "The unique index one of user_oauth_tokens is gone, so duplicates get in and what relies on it fails.",
          "mends: CREATE UNIQUE INDEX CONCURRENTLY one ON user_oauth_tokens …",
          "touches user_oauth_tokens(user_id) insert, update",
        ],
      ]
    `)
  })

  it('a unique index on as many other columns is not the one it needs', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['user_id', 'note']))],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_missing user_oauth_tokens(one)",
          "CREATE UNIQUE INDEX one ON user_oauth_tokens … → null",
          "The unique index one of user_oauth_tokens is gone, so duplicates get in and what relies on it fails.",
          "mends: CREATE UNIQUE INDEX CONCURRENTLY one ON user_oauth_tokens …",
          "touches user_oauth_tokens(user_id, note) insert, update",
        ],
      ]
    `)
  })

  it('the index of a constraint is told with the constraint', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/indexes/user_oauth_tokens_pkey')] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('the index of a constraint that is another one is told with the constraint', () => {
    expect(
      told({
        there: [
          put(
            'relations/user_oauth_tokens/indexes/user_oauth_tokens_pkey/definition',
            'CREATE UNIQUE INDEX user_oauth_tokens_pkey …',
          ),
        ],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('the index of a constraint that is not valid keeps nothing apart', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/indexes/user_oauth_tokens_pkey/valid', false)] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_invalid user_oauth_tokens(user_oauth_tokens_pkey)",
          "valid → invalid",
          "The index user_oauth_tokens_pkey of user_oauth_tokens is not valid (a concurrent build that failed): nothing reads it, every write pays for it, and it does not keep duplicates out.",
          "mends: reindex index concurrently public.user_oauth_tokens_pkey",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('an index that was never valid is no difference', () => {
    expect(
      told({ expected: [put('relations/user_oauth_tokens/indexes/user_oauth_tokens_expiry/valid', false)] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a unique index is another one', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one/definition', 'CREATE UNIQUE INDEX one ON …')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['note']))],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity index_changed user_oauth_tokens(one)",
          "CREATE UNIQUE INDEX one ON user_oauth_tokens … → CREATE UNIQUE INDEX one ON …",
          "The index one of user_oauth_tokens is another one now; the statements it was made for may not use it.",
          "mends: drop index public.one; CREATE UNIQUE INDEX one ON user_oauth_tokens …",
          "touches user_oauth_tokens(note) insert, update",
        ],
      ]
    `)
  })

  it('a unique index in no migration may refuse rows', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/indexes/one', unique(['note']))] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write unique_index_extra user_oauth_tokens(one)",
          "null → CREATE UNIQUE INDEX one ON user_oauth_tokens …",
          "The unique index one of user_oauth_tokens is in no migration; it may refuse what the code writes.",
          "touches user_oauth_tokens(note) insert, update",
          "so degraded",
        ],
      ]
    `)
  })

  it('an index of a constraint in no migration is told with the constraint', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one', { ...unique(['note']), ofConstraint: true })],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a unique index on one column more than the upsert names is not the one it needs', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/indexes/one')],
        expected: [put('relations/user_oauth_tokens/indexes/one', unique(['user_id', 'service', 'note']))],
      }).map(([what]) => what),
    ).toEqual(['integrity index_missing user_oauth_tokens(one)'])
  })
})
