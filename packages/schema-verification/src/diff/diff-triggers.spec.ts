import { describe, expect, it } from 'vitest'
import { put, told } from '../testing/told.ts'

const trigger = {
  definition: 'CREATE TRIGGER touch BEFORE INSERT ON user_oauth_tokens …',
  enabled: true,
  bodyHash: 'one',
}

describe('what stands between a statement and its rows', () => {
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
})
