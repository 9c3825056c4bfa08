import { expect, it } from 'vitest'
import { reasonCode } from './reason-code.ts'

it.each([
  ['message_too_large: larger than the bus takes (1048576 bytes)', 'message_too_large'],
  ['handler_defect: TypeError: x is not a function', 'handler_defect'],
  ['larger than the bus takes (1048576 bytes)', 'unknown'],
  ['Error: of an older release', 'unknown'],
])('the stable word of %j is %s', (reason, code) => {
  expect(reasonCode(reason)).toBe(code)
})
