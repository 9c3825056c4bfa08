import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

const trigger = {
  definition: 'CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …',
  enabled: true,
  bodyHash: 'one',
}

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

  it('a trigger is gone', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/triggers/touch')],
        expected: [put('relations/user_oauth_tokens/triggers/touch', trigger)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity trigger_missing user_oauth_tokens(touch)",
          "CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens … → null",
          "The trigger touch of user_oauth_tokens is gone, so what it took care of does not happen.",
          "adds: CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a trigger is disabled', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/triggers/touch/enabled', false)],
        expected: [put('relations/user_oauth_tokens/triggers/touch', trigger)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity trigger_disabled user_oauth_tokens(touch)",
          "CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens … → disabled",
          "The trigger touch of user_oauth_tokens is disabled, so what it took care of does not happen.",
          "adds: alter table user_oauth_tokens enable trigger touch",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a trigger calls something else', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/triggers/touch/bodyHash', 'other')],
        expected: [put('relations/user_oauth_tokens/triggers/touch', trigger)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity trigger_changed user_oauth_tokens(touch)",
          "CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens … → CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "The trigger touch of user_oauth_tokens does something else, so what it took care of does not happen.",
          "mends: drop trigger touch on user_oauth_tokens; CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a trigger fires at another time', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/triggers/touch/definition', 'CREATE TRIGGER touch AFTER …')],
        expected: [put('relations/user_oauth_tokens/triggers/touch', trigger)],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "integrity trigger_changed user_oauth_tokens(touch)",
          "CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens … → CREATE TRIGGER touch AFTER …",
          "The trigger touch of user_oauth_tokens does something else, so what it took care of does not happen.",
          "mends: drop trigger touch on user_oauth_tokens; CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a trigger that the migrations leave off is at work', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/triggers/touch/enabled', true)],
        expected: [put('relations/user_oauth_tokens/triggers/touch', { ...trigger, enabled: false })],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent trigger_enabled user_oauth_tokens(touch)",
          "disabled → CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "The trigger touch of user_oauth_tokens is at work although the migrations leave it off; it may change or refuse what the code writes, without an error.",
          "mends: alter table user_oauth_tokens disable trigger touch",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a trigger that is the same is no difference', () => {
    expect(
      told({ expected: [put('relations/user_oauth_tokens/triggers/touch', trigger)] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a trigger in no migration may change what is written', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/triggers/by hand', trigger)] }),
    ).toMatchInlineSnapshot(`
      [
        [
          "silent trigger_extra user_oauth_tokens(by hand)",
          "null → CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …",
          "The trigger by hand of user_oauth_tokens is in no migration; it may change or refuse what the code writes, without an error.",
          "mends: alter table user_oauth_tokens disable trigger "by hand"",
          "touches user_oauth_tokens(*) insert, update",
        ],
      ]
    `)
  })

  it('a disabled trigger in no migration does nothing', () => {
    expect(
      told({ there: [put('relations/user_oauth_tokens/triggers/by hand', { ...trigger, enabled: false })] }),
    ).toMatchInlineSnapshot(`[]`)
  })

  it('a rewrite rule is gone, another one is another', () => {
    expect(
      told({
        there: [
          put('relations/user_oauth_tokens/rules/kept', 'DO INSTEAD NOTHING'),
          put('relations/user_oauth_tokens/rules/lost'),
        ],
        expected: [
          put('relations/user_oauth_tokens/rules/kept', 'DO ALSO NOTIFY'),
          put('relations/user_oauth_tokens/rules/lost', 'DO ALSO NOTIFY'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write rule_changed user_oauth_tokens(kept)",
          "DO ALSO NOTIFY → DO INSTEAD NOTHING",
          "The rewrite rule kept of user_oauth_tokens is another one now: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
        [
          "breaking_write rule_changed user_oauth_tokens(lost)",
          "DO ALSO NOTIFY → null",
          "The rewrite rule lost of user_oauth_tokens is gone: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
      ]
    `)
  })

  it('a view that reads something else has another rule', () => {
    expect(
      told({
        there: [put('relations/user_oauth_tokens/rules/_RETURN', 'SELECT 2')],
        expected: [
          put('relations/user_oauth_tokens/kind', 'view'),
          put('relations/user_oauth_tokens/rules/_RETURN', 'SELECT 1'),
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        [
          "breaking_write rule_changed user_oauth_tokens(_RETURN)",
          "SELECT 1 → SELECT 2",
          "The rewrite rule _RETURN of user_oauth_tokens is another one now: statements are turned into others, and those with returning or on conflict fail.",
          "touches user_oauth_tokens(*) insert, update, delete",
        ],
      ]
    `)
  })
})
