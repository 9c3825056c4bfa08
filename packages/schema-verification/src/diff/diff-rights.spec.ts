import { describe, expect, it } from 'vitest'
import type { Relation } from '../catalog/catalog.ts'
import { recorded } from '../testing/recorded-corpus.ts'
import { put, told } from '../testing/told.ts'

const append = { bodyHash: 'one', result: 'bigint', execute: true }

const { users } = recorded.healthy.relations as Record<'users', Relation>

describe('rights', () => {
  it('insert and delete are revoked', () => {
    expect(
      told({
        there: [
          put('relations/users/privileges', 'rw'),
          put('relations/users/columns/id/privileges', 'rw'),
          put('relations/users/columns/email/privileges', 'rw'),
          put('relations/users/columns/created_at/privileges', 'rw'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write right_missing users",
          "insert granted → insert not granted to evergrant_test_service",
          "evergrant_test_service may not insert users, so statements that do fail (42501).",
          "adds: grant insert on users to evergrant_service",
          "touches users(*) insert",
        ],
        [
          "breaking_write right_missing users",
          "delete granted → delete not granted to evergrant_test_service",
          "evergrant_test_service may not delete users, so statements that do fail (42501).",
          "adds: grant delete on users to evergrant_service",
          "touches users(*) delete",
        ],
      ]
    `)
  })

  it('one column must not be updated', () => {
    expect(told({ there: [put('relations/users/columns/email/privileges', 'ra')] })).toMatchInlineSnapshot(`
      [
        [
          "breaking_write right_missing users.email",
          "update granted → update not granted to evergrant_test_service",
          "evergrant_test_service may not update users.email, so statements that do fail (42501).",
          "adds: grant update (email) on users to evergrant_service",
          "touches users(email) update",
        ],
      ]
    `)
  })

  it('a right that was never there is not missed, and one more is welcome', () => {
    expect(
      told({
        there: [
          put('relations/users/columns/email/privileges', 'r'),
          put('relations/users/privileges', 'rawd'),
          put('relations/users/columns/id/privileges', 'raw'),
        ],
        expected: [
          put('relations/users/columns/email/privileges', 'r'),
          put('relations/users/privileges', 'raw'),
          put('relations/users/columns/id/privileges', 'r'),
        ],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a column that is gone is told as gone, not as forbidden', () => {
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

  it('a schema that is closed takes its tables along, and no others', () => {
    expect(
      told({
        there: [put('schemas/es/usage', false)],
        expected: [
          put('schemas/es', { usage: true }),
          put('relations/es.event', users),
          put('relations/esx.event', users),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_read right_missing es",
          "usage granted → usage not granted to evergrant_test_service",
          "evergrant_test_service has no usage on es, so statements that need it fail (42501).",
          "adds: grant usage on schema es to evergrant_service",
          "touches es.event(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a schema that never was open is not missed', () => {
    expect(
      told({ there: [put('schemas/es/usage', false)], expected: [put('schemas/es', { usage: false })] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a function must not be called', () => {
    expect(
      told({
        there: [put('functions/es.append(text)/execute', false)],
        expected: [put('functions/es.append(text)', append)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write right_missing es.append(text)",
          "execute granted → execute not granted to evergrant_test_service",
          "evergrant_test_service has no execute on es.append(text), so statements that need it fail (42501).",
          "adds: grant execute on function es.append(text) to evergrant_service",
          "calls es.append(text)",
        ],
      ]
    `)
  })

  it('a function that never could be called is not missed', () => {
    expect(
      told({
        there: [put('functions/es.append(text)/execute', false)],
        expected: [put('functions/es.append(text)', { ...append, execute: false })],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a sequence must not be drawn from', () => {
    expect(
      told({
        there: [put('sequences/es.seq/usage', false)],
        expected: [put('sequences/es.seq', { definition: 'bigint', usage: true })],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write right_missing es.seq",
          "usage granted → usage not granted to evergrant_test_service",
          "evergrant_test_service has no usage on es.seq, so statements that need it fail (42501).",
          "adds: grant usage on sequence es.seq to evergrant_service",
          "calls es.seq",
        ],
      ]
    `)
  })

  it('a sequence that never could be drawn from is not missed', () => {
    expect(
      told({
        there: [put('sequences/es.seq/usage', false)],
        expected: [put('sequences/es.seq', { definition: 'bigint', usage: false })],
      }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('what is gone altogether is not forbidden besides', () => {
    expect(
      told({
        there: [put('functions/es.append(text)'), put('sequences/es.seq'), put('schemas/es')],
        expected: [
          put('functions/es.append(text)', append),
          put('sequences/es.seq', { definition: 'bigint', usage: true }),
          put('schemas/es', { usage: true }),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write function_missing es.append(text)",
          "bigint → null",
          "The function es.append(text) is gone; statements that call it fail.",
          "calls es.append(text)",
        ],
        [
          "breaking_write sequence_missing es.seq",
          "bigint → null",
          "The sequence es.seq is gone; statements that draw numbers from it fail.",
          "calls es.seq",
        ],
      ]
    `)
  })
})
