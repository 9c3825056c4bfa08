import { describe, expect, it } from 'vitest'
import { createGoogleClock } from './google-clock.ts'
import { answerFrom } from './token-endpoint-answer.ts'

const startedAt = new Date('2026-11-23T10:00:00.000Z')

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  answerFrom(
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }),
    startedAt,
  )

describe('reading the token endpoint', () => {
  it('counts validity from the start of the request', async () => {
    expect(
      await answer(200, { access_token: 'a', token_type: 'Bearer', expires_in: 3599, scope: 'openid email' }),
    ).toEqual({
      ok: true,
      accessToken: 'a',
      refreshToken: null,
      scopes: ['openid', 'email'],
      expiresAt: new Date('2026-11-23T10:59:59.000Z'),
    })
  })

  it('takes a success it cannot read for no success', async () => {
    for (const body of [
      '<html>',
      '{"access_token":"a"',
      { access_token: 'a', token_type: 'mac', expires_in: 1 },
    ]) {
      expect(await answer(200, body)).toMatchObject({
        ok: false,
        evidence: { httpStatus: 200, error: 'unreadable_answer' },
      })
    }
  })

  it('keeps the words of an error and nothing else of it', async () => {
    const said = await answer(400, {
      error: 'invalid_grant',
      error_subtype: 'invalid_rapt',
      error_description: 'Token 1//secret has been expired or revoked.',
    })
    expect(said).toEqual({
      ok: false,
      evidence: { httpStatus: 400, error: 'invalid_grant', errorSubtype: 'invalid_rapt' },
      retryAfterSeconds: null,
    })
    expect(await answer(502, { error: 'Bad gateway: <b>1//secret</b>' })).toMatchObject({
      evidence: { httpStatus: 502, error: null },
    })
  })

  it('reads Retry-After in seconds and as a date', async () => {
    expect(await answer(429, '', { 'retry-after': '17' })).toMatchObject({ retryAfterSeconds: 17 })
    const date = 'Mon, 23 Nov 2026 10:00:00 GMT'
    const later = 'Mon, 23 Nov 2026 10:01:00 GMT'
    expect(await answer(503, '', { 'retry-after': later, date })).toMatchObject({ retryAfterSeconds: 60 })
    expect(await answer(503, '', { 'retry-after': 'soon', date })).toMatchObject({ retryAfterSeconds: null })
  })
})

describe("Google's time", () => {
  const clockAt = (ours: Date) => createGoogleClock({ now: () => ours })
  const saying = (date: string) => new Response(null, { headers: { date } })

  it('follows the Date header when our clock is wrong', () => {
    const clock = clockAt(startedAt)
    clock.observe(saying('Mon, 23 Nov 2026 10:05:00 GMT'), startedAt)
    expect(clock.now()).toEqual(new Date('2026-11-23T10:05:00.000Z'))
    clock.observe(saying('Mon, 23 Nov 2026 09:55:00 GMT'), startedAt)
    expect(clock.now()).toEqual(new Date('2026-11-23T09:55:00.000Z'))
  })

  it('does not take whole seconds or a slow answer for a wrong clock', () => {
    const clock = clockAt(new Date('2026-11-23T10:00:13.400Z'))
    for (const date of ['Mon, 23 Nov 2026 10:00:13 GMT', 'Mon, 23 Nov 2026 10:00:02 GMT', 'nonsense']) {
      clock.observe(saying(date), startedAt)
      expect(clock.now()).toEqual(new Date('2026-11-23T10:00:13.400Z'))
    }
  })
})
