import { describe, expect, it } from 'vitest'
import { answerOf } from './google-answer.ts'

const now = new Date('2026-11-23T10:00:00Z')
const failure = (status: number, data: unknown, headers = new Headers()) =>
  Object.assign(new Error('request failed'), { response: { status, data, headers } })
const body = (reason: string) => ({ error: { message: 'Sorry.', errors: [{ reason }] } })

describe('reading a failed call', () => {
  it('finds the reason in either shape of error', () => {
    expect(answerOf(failure(403, body('rateLimitExceeded')), now)).toEqual({
      status: 403,
      reason: 'rateLimitExceeded',
      message: 'Sorry.',
      retryAfterSeconds: null,
    })
    const details = { error: { details: [{ '@type': 'x' }, { reason: 'SERVICE_DISABLED' }] } }
    expect(answerOf(failure(403, details), now).reason).toBe('SERVICE_DISABLED')
  })

  it.each([
    ['7', 7],
    ['Mon, 23 Nov 2026 10:00:30 GMT', 30],
    ['Mon, 23 Nov 2026 09:00:00 GMT', 0],
    ['soon', null],
  ])('reads Retry-After %s', (value, seconds) => {
    const headers = new Headers({ 'retry-after': value })
    expect(answerOf(failure(429, '', headers), now).retryAfterSeconds).toBe(seconds)
  })

  it.each([
    ['a reset socket', new Error('socket hang up')],
    ['a 200 with a cut body', failure(200, 'not json')],
    ['something thrown that is no error', 'oops'],
  ])('takes %s for no answer', (_, error) => {
    expect(answerOf(error, now).status).toBeNull()
  })

  it('does not trip over a body of another shape', () => {
    for (const data of [null, 'text', [], { error: 'text' }, { error: { errors: [null, {}] } }]) {
      expect(answerOf(failure(500, data), now)).toMatchObject({ status: 500, reason: null })
    }
  })
})
