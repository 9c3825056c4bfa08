import { DomainError } from '@evergrant/decider'
import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlc2lnbmF0dXJl'
const jwe = 'eyJhbGciOiJFQ0RILUVTIn0.a2V5.aXY.Y2lwaGVydGV4dA.dGFn'

function lineOf(
  write: (logger: ReturnType<typeof createLogger>) => void,
): Record<string, unknown> & { raw: string } {
  const lines: string[] = []
  write(
    createLogger({ name: 'test', level: 'trace', destination: { write: (line) => void lines.push(line) } }),
  )
  expect(lines).toHaveLength(1)
  const raw = lines[0] ?? ''
  return { ...JSON.parse(raw), raw }
}

it('writes one JSON line with time, level, name and message', () => {
  const line = lineOf((logger) => logger.info({ grantId: 'g1', count: 2 }, 'hello'))
  expect(line).toMatchObject({ level: 'info', name: 'test', msg: 'hello', grantId: 'g1', count: 2 })
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

it.each([
  ['accessToken', 'plain-text-token'],
  ['refresh_token', 'x'],
  ['client_secret', 'x'],
  ['authorization', 'Bearer x'],
  ['cookie', 'a=b'],
  ['set-cookie', ['a=b']],
  ['codeVerifier', 'x'],
  ['code', '4/0abc'],
  ['state', 'x'],
  ['ticket', 'x'],
  ['privateKey', { d: 'x' }],
  ['headers', { anything: 'x' }],
  ['body', 'x'],
])('never writes a field named %s', (name, value) => {
  const line = lineOf((logger) => logger.info({ outer: { [name]: value } }, 'm'))
  expect(line.outer).toEqual({ [name]: '[redacted]' })
})

it('keeps fields that only sound secret', () => {
  const fields = {
    tokenQuerySuccess: 0.99,
    tokenCount: 3,
    tokenType: 'Bearer',
    errorCode: 'x',
    hasRefreshToken: true,
  }
  expect(lineOf((logger) => logger.info(fields, 'm'))).toMatchObject(fields)
})

it.each([
  ['a JWT', `got ${jwt} here`, jwt],
  ['a JWE', `got ${jwe} here`, jwe],
  ['a Google access token', 'got ya29.a0AfH6-_x.y here', 'ya29.a0'],
  ['a Google refresh token', 'got 1//0gabcdefghijklmnop here', '0gabcdefgh'],
  ['a Google client secret', 'got GOCSPX-abc_def here', 'abc_def'],
  ['an Authorization header', 'sent Authorization: Bearer opaque-thing', 'opaque-thing'],
  ['a URL password', 'connect postgres://app:s3cret@db:5432/x', 's3cret'],
  ['a callback', 'GET /v1/oauth/google/callback?state=abc123&code=xyz789', /abc123|xyz789/],
])('hides %s wherever it stands', (_what, text, secret) => {
  const line = lineOf((logger) => logger.info({ note: text, list: [text], err: new Error(text) }, text))
  expect(line.raw).not.toMatch(secret instanceof RegExp ? secret : new RegExp(secret.replaceAll('.', '\\.')))
  expect(line.raw).toContain('[redacted]')
})

it('keeps what helps about a domain error, also as a cause, without a stack for a refusal', () => {
  const cause = new DomainError('unavailable', 'google_down', 'Google is down.', {
    detail: { endpoint: 'token', code: 'c' },
  })
  const error = new DomainError('conflict', 'needs_reauthorization', 'Connect again.', { cause })
  const line = lineOf((logger) => logger.warn({ err: error }, 'm'))
  expect(line.err).toEqual({
    type: 'DomainError',
    message: 'Connect again.',
    kind: 'conflict',
    code: 'needs_reauthorization',
    cause: {
      type: 'DomainError',
      message: 'Google is down.',
      kind: 'unavailable',
      code: 'google_down',
      detail: { endpoint: 'token', code: '[redacted]' },
    },
  })
})

it('keeps type, message, code and stack of a foreign error and nothing it carries along', () => {
  const foreign = Object.assign(new Error('boom'), {
    code: 'ECONNRESET',
    config: { headers: { Authorization: 'opaque' } },
    response: { data: 'opaque' },
  })
  const line = lineOf((logger) => logger.error(foreign))
  expect(line.err).toEqual({ type: 'Error', message: 'boom', code: 'ECONNRESET', stack: expect.any(String) })
  expect(line.raw).not.toContain('opaque')
})

it('survives what refers to itself', () => {
  const loop: Record<string, unknown> = { a: 1 }
  loop.self = loop
  expect(lineOf((logger) => logger.info({ loop }, 'm')).raw).toContain('[deeper]')
})

it('hides secrets among the fields of a child logger too', () => {
  const line = lineOf((logger) =>
    logger.child({ accessToken: 'x', grantId: 'g1' }).child({ n: 1, ticket: 'x' }).info('m'),
  )
  expect(line).toMatchObject({ accessToken: '[redacted]', grantId: 'g1', n: 1, ticket: '[redacted]' })
})
