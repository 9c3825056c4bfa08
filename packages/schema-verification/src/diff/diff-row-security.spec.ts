import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

describe('what stands between a statement and its rows', () => {
  it('row security that nobody wanted hides rows', () => {
    expect(told({ there: [put('relations/user_oauth_tokens/rowSecurity', 'on')] })).toMatchInlineSnapshot(`
      [
        [
          "silent row_security_changed user_oauth_tokens",
          "row security off → row security on",
          "Row security is on on user_oauth_tokens: reads leave out rows without an error, and writes are refused, unless a policy lets them through.",
          "mends: alter table user_oauth_tokens disable row level security; alter table user_oauth_tokens no force row level security",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "so unavailable",
        ],
      ]
    `)
  })

  it('row security that is off lets everybody see everything', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/rowSecurity', 'off')],
        expected: [put('relations/user_oauth_tokens/rowSecurity', 'forced')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent row_security_changed user_oauth_tokens",
          "row security forced → row security off",
          "Row security is off on user_oauth_tokens: rows that were kept apart are not any more.",
          "mends: alter table user_oauth_tokens enable row level security; alter table user_oauth_tokens force row level security",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "so degraded",
        ],
      ]
    `)
  })

  it('row security that is only on does not hold the owner', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/rowSecurity', 'on')],
        expected: [put('relations/user_oauth_tokens/rowSecurity', 'forced')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent row_security_changed user_oauth_tokens",
          "row security forced → row security on",
          "Row security is on on user_oauth_tokens: reads leave out rows without an error, and writes are refused, unless a policy lets them through.",
          "mends: alter table user_oauth_tokens enable row level security; alter table user_oauth_tokens force row level security",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "so unavailable",
        ],
      ]
    `)
  })

  it('row security that is forced where it was only on', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/rowSecurity', 'forced')],
        expected: [put('relations/user_oauth_tokens/rowSecurity', 'on')],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent row_security_changed user_oauth_tokens",
          "row security on → row security forced",
          "Row security is forced on user_oauth_tokens: reads leave out rows without an error, and writes are refused, unless a policy lets them through.",
          "mends: alter table user_oauth_tokens enable row level security",
          "touches user_oauth_tokens(*) read, insert, update, delete",
          "so unavailable",
        ],
      ]
    `)
  })

  it('a policy without row security does nothing yet', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/policies/own rows', 'USING (true)')] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "info policy_changed user_oauth_tokens(own rows)",
          "null → USING (true)",
          "The policy own rows of user_oauth_tokens is in no migration; row security is off, so it does nothing yet.",
          "mends: drop policy "own rows" on user_oauth_tokens",
          "touches user_oauth_tokens(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a policy that is gone, and one that is another, decide about rows', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/policies/mine'),
          put('relations/user_oauth_tokens/policies/yours', 'USING (false)'),
        ],
        expected: [
          put('relations/user_oauth_tokens/rowSecurity', 'on'),
          put('relations/user_oauth_tokens/policies/mine', 'USING (true)'),
          put('relations/user_oauth_tokens/policies/yours', 'USING (true)'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent policy_changed user_oauth_tokens(mine)",
          "USING (true) → null",
          "The policy mine of user_oauth_tokens is gone; it decides which rows are seen and written.",
          "touches user_oauth_tokens(*) read, insert, update, delete",
        ],
        [
          "silent policy_changed user_oauth_tokens(yours)",
          "USING (true) → USING (false)",
          "The policy yours of user_oauth_tokens is another one now; it decides which rows are seen and written.",
          "touches user_oauth_tokens(*) read, insert, update, delete",
        ],
      ]
    `)
  })

  it('a policy that is the same is no difference', () => {
    expect(
      told({ expected: [put('relations/user_oauth_tokens/policies/mine', 'USING (true)')] }),
    ).toMatchInlineSnapshot(`[]`)
  })
})
