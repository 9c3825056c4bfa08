import { describe, expect, it } from 'vitest'
import { text } from '../testing/text-column.ts'
import { put, told } from '../testing/told.ts'

const append = { bodyHash: 'one', result: 'bigint', execute: true }

describe('enums, functions and sequences', () => {
  it('an enum is gone', () => {
    expect(told({ there: [put('enums/token_status')] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_write enum_missing token_status",
          "active, expired, revoked → null",
          "The enum token_status is gone; statements that name it fail (42704).",
          "adds: create type token_status as enum ('active', 'expired', 'revoked')",
          "touches user_oauth_tokens(status) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('an enum that lists its values in another order only sorts otherwise', () => {
    expect(
      told({ there: [put('enums/token_status', ['revoked', 'active', 'expired'])] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "info enum_reordered token_status",
          "active, expired, revoked → revoked, active, expired",
          "The enum token_status has the same values in another order; only sorting by it changes.",
          "touches user_oauth_tokens(status) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('two values are renamed', () => {
    expect(told({ there: [put('enums/token_status', ['active', 'old', 'gone'])] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_write enum_value_renamed token_status",
          "active, expired, revoked → active, old, gone",
          "The enum token_status does not know expired, revoked (it was renamed to old, gone); statements that use it fail (22P02).",
          "mends: alter type token_status rename value 'old' to 'expired'; alter type token_status rename value 'gone' to 'revoked'",
          "touches user_oauth_tokens(status) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('two values are missing', () => {
    expect(told({ there: [put('enums/token_status', ['active'])] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_write enum_value_missing token_status",
          "active, expired, revoked → active",
          "The enum token_status does not know expired, revoked; statements that use it fail (22P02).",
          "adds: alter type token_status add value 'expired'; alter type token_status add value 'revoked'",
          "touches user_oauth_tokens(status) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a list of an enum hangs on the enum too', () => {
    expect(
      told({
        there: [put('enums/token_status', ['active', 'expired', 'revoked', 'new'])],
        expected: [put('relations/users/columns/states', { ...text, type: 'token_status[]' })],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent enum_value_extra token_status",
          "active, expired, revoked → active, expired, revoked, new",
          "The enum token_status has new, which the code does not know and may read.",
          "touches users(states) read, insert, update, delete",
          "touches user_oauth_tokens(status) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a function is gone', () => {
    expect(
      told({
        there: [put('functions/es.append(text)')],
        expected: [put('functions/es.append(text)', append)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write function_missing es.append(text)",
          "bigint → null",
          "The function es.append(text) is gone; statements that call it fail.",
          "calls es.append(text)",
        ],
      ]
    `)
  })

  it('a function does something else', () => {
    expect(
      told({
        there: [put('functions/es.append(text)/bodyHash', 'other')],
        expected: [put('functions/es.append(text)', append)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent function_changed es.append(text)",
          "bigint, body one → bigint, body other",
          "The function es.append(text) is not the one the migrations made; it may do something else without an error.",
          "calls es.append(text)",
        ],
      ]
    `)
  })

  it('a function answers something else', () => {
    expect(
      told({
        there: [put('functions/es.append(text)/result', 'text')],
        expected: [put('functions/es.append(text)', append)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent function_changed es.append(text)",
          "bigint, body one → text, body one",
          "The function es.append(text) is not the one the migrations made; it may do something else without an error.",
          "calls es.append(text)",
        ],
      ]
    `)
  })

  it('a function that is the same is no difference', () => {
    expect(told({ expected: [put('functions/es.append(text)', append)] })).toMatchInlineSnapshot(`[]`)
  })

  it('a sequence is gone', () => {
    expect(told({ there: [put('sequences/mikro_orm_migrations_id_seq')] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_write sequence_missing mikro_orm_migrations_id_seq",
          "integer start 1 increment 1 cache 1 → null",
          "The sequence mikro_orm_migrations_id_seq is gone; statements that draw numbers from it fail.",
          "calls mikro_orm_migrations_id_seq",
        ],
      ]
    `)
  })

  it('a sequence counts otherwise', () => {
    expect(
      told({
        there: [
          put('sequences/mikro_orm_migrations_id_seq/definition', 'integer start 1 increment 2 cache 1'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity sequence_changed mikro_orm_migrations_id_seq",
          "integer start 1 increment 1 cache 1 → integer start 1 increment 2 cache 1",
          "The sequence mikro_orm_migrations_id_seq counts differently, so numbers may repeat or leave gaps.",
          "calls mikro_orm_migrations_id_seq",
        ],
      ]
    `)
  })

  it('two values more are both told', () => {
    expect(
      told({ there: [put('enums/token_status', ['active', 'expired', 'revoked', 'new', 'old'])] }).map(
        ([, , why]) => why,
      ),
    ).toEqual(['The enum token_status has new, old, which the code does not know and may read.'])
  })
})
