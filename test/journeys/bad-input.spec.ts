import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningStack, startStack } from '../story/running-stack.ts'

/** CONTRACT 6, through the gateway, on the services as they run. */
describe('bad input', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bad-input-'))
  let stack: RunningStack
  let user: string
  let admin: string

  beforeAll(async () => {
    stack = await startStack(join(folder, 'data'))
    user = await stack.token('mallory')
    admin = await stack.token('root', 'admin')
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask(
    method: string,
    path: string,
    init: { body?: string; headers?: Record<string, string>; as?: string | null } = {},
  ) {
    const response = await fetch(`${stack.endpoints().gateway}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(init.as === null ? {} : { authorization: `Bearer ${init.as ?? user}` }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: init.body }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, problem: problemIn(text) }
  }

  const unknown = '01937e1c-6c55-7000-8000-00000000dead'

  it.each<[string, number, string, string, Parameters<typeof ask>[2]?]>([
    ['an unknown path', 404, 'GET', '/v1/nothing'],
    ['a wrong method', 405, 'DELETE', '/v1/authorizations'],
    ['a wrong method below a service', 405, 'PUT', '/v1/connections'],
    ['no token', 401, 'GET', '/v1/connections', { as: null }],
    ['a token that is none', 401, 'GET', '/v1/calendar/calendars', { as: 'abc' }],
    ['a token without the scope', 403, 'GET', '/v1/schema'],
    ['a borrow without the scope', 403, 'POST', `/v1/connections/${unknown}/access-token`, { body: '{}' }],
    ['bad JSON', 400, 'POST', '/v1/authorizations', { body: '{"services":' }],
    ['an unknown field', 400, 'POST', '/v1/authorizations', { body: '{"services":["calendar"],"extra":1}' }],
    ['an unknown service', 400, 'POST', '/v1/authorizations', { body: '{"services":["contacts"]}' }],
    ['no service at all', 400, 'POST', '/v1/authorizations', { body: '{"services":[]}' }],
    [
      'a foreign returnTo',
      400,
      'POST',
      '/v1/authorizations',
      { body: '{"services":["calendar"],"returnTo":"https://evil.example/"}' },
    ],
    [
      'a media type nobody reads',
      415,
      'POST',
      '/v1/authorizations',
      { body: '<a/>', headers: { 'content-type': 'application/xml' } },
    ],
    [
      'a body over 256 KiB',
      413,
      'POST',
      '/v1/authorizations',
      { body: JSON.stringify({ loginHint: 'x'.repeat(300_000) }) },
    ],
    ['a bad id', 400, 'GET', '/v1/connections/not-an-id'],
    ['an unknown connection', 404, 'GET', `/v1/connections/${unknown}`],
    ['an unknown authorization', 404, 'GET', `/v1/authorizations/${unknown}`],
    ['an unknown sync', 404, 'GET', `/v1/calendar/syncs/${unknown}`],
    [
      'a sync of an unknown connection',
      404,
      'POST',
      '/v1/calendar/syncs',
      { body: JSON.stringify({ connectionId: unknown }) },
    ],
    ['a bad time', 400, 'GET', '/v1/calendar/events?timeMin=yesterday'],
    ['a bad cursor', 400, 'GET', '/v1/calendar/changes?cursor=%00%00'],
    ['a limit out of range', 400, 'GET', '/v1/connections?limit=0'],
    ['a calendar that is not one', 404, 'GET', `/v1/calendar/events?calendarId=${unknown}`],
  ])('answers %s with %i as a problem document', async (_what, status, method, path, init) => {
    const answer = await ask(method, path, init)
    expect(answer.status, answer.text).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.problem).toMatchObject({
      status,
      code: expect.any(String),
      requestId: expect.any(String),
      title: expect.any(String),
    })
  })

  it("names the field's path in a 400", async () => {
    const { text } = await ask('POST', '/v1/authorizations', { body: '{"services":["calendar",7]}' })
    expect(text).toContain('services')
    expect(text).toContain('1')
  })

  it.each([
    ['without a cookie', '/v1/oauth/google/callback?code=abc&state=def'],
    [
      'with a foreign state',
      '/v1/oauth/google/callback?code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
    ['with error=access_denied', '/v1/oauth/google/callback?error=access_denied&state=def'],
    ['with nothing', '/v1/oauth/google/callback'],
  ])('never answers a callback %s with a 5xx', async (_how, path) => {
    const { status } = await ask('GET', path, { as: null })
    expect(status).toBeGreaterThanOrEqual(300)
    expect(status).toBeLessThan(500)
  })

  it('keeps the record of an authorization whose callback came from another browser', async () => {
    const created = JSON.parse(
      (await ask('POST', '/v1/authorizations', { body: '{"services":["calendar"]}' })).text,
    )
    await ask('GET', '/v1/oauth/google/callback?error=access_denied&state=x', { as: null })
    const { status, text } = await ask('GET', `/v1/authorizations/${created.id}`)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ id: created.id, status: 'pending' })
  })

  it("answers another user's authorization as if it did not exist", async () => {
    const created = JSON.parse(
      (await ask('POST', '/v1/authorizations', { body: '{"services":["calendar"]}' })).text,
    )
    const other = await stack.token('somebody-else')
    expect((await ask('GET', `/v1/authorizations/${created.id}`, { as: other })).status).toBe(404)
  })

  it('never lets a stack trace, SQL or a path of the machine out', async () => {
    const answers = await Promise.all([
      ask('GET', '/v1/connections/%27%3B%20select%201'),
      ask('POST', '/v1/authorizations', { body: '[]' }),
      ask('GET', '/v1/oauth/google/configuration', { as: admin }),
    ])
    for (const { text } of answers) expect(text).not.toMatch(/\bat .*\.ts:|select .* from|node_modules/i)
  })

  it('echoes a request id and mints one where there is none', async () => {
    const given = '01937e1c-6c55-7000-8000-0000000000aa'
    const answer = await ask('GET', '/v1/connections', { headers: { 'x-request-id': given } })
    expect(answer.headers.get('x-request-id')).toBe(given)
    expect((await ask('GET', '/v1/connections')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

function problemIn(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
