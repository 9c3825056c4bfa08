import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from './program.ts'

const issuer = 'http://127.0.0.1:1'
const audience = 'evergrant'
const noDeadLetters = { status: 200, body: { items: [], nextCursor: null } }

describe('the CLI', () => {
  let dataDir: string
  let server: Server | undefined
  let keys: ReturnType<typeof createLocalJWKSet>
  const seen: { method: string; url: string; authorization: string; body: string }[] = []

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'evergrant-cli-'))
    mkdirSync(join(dataDir, 'secrets'))
    const pair = await generateKeyPair('ES256', { extractable: true })
    const key = { ...(await exportJWK(pair.privateKey)), alg: 'ES256', kid: 'k' }
    keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'k' }] })
    writeFileSync(join(dataDir, 'secrets', 'issuer.json'), JSON.stringify({ issuer, audience, key }))
    seen.length = 0
  })
  afterEach(() => {
    server?.close()
    server = undefined
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function run(args: string[], env: Record<string, string> = {}) {
    const out: string[] = []
    const err: string[] = []
    const exitCode = await runCli(args, {
      env: { EVERGRANT_DATA_DIR: dataDir, ...env },
      cwd: dataDir,
      write: (line) => out.push(line),
      warn: (line) => err.push(line),
      now: () => new Date(),
      interrupted: new AbortController().signal,
    })
    return { exitCode, out: out.join('\n'), err: err.join('\n') }
  }

  /** A gateway that answers these bodies, one after the other. */
  async function gatewayAnswers(...answers: { status?: number; body: unknown }[]) {
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        // The doctor asks for these too; dead-letter-commands.spec.ts is about them.
        const isOfDeadLetters = url.startsWith('/v1/dead-letters/')
        if (!isOfDeadLetters) seen.push({ method, url, authorization: headers.authorization ?? '', body })
        const answer = isOfDeadLetters ? noDeadLetters : (answers.shift() ?? { status: 500, body: {} })
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer.body))
      })
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const gateway = `http://127.0.0.1:${port}`
    const endpoints = {
      gateway,
      google: { issuer: gateway, apiRootUrl: gateway, emulated: true },
      nats: { url: 'nats://operator:x@127.0.0.1:1', monitorUrl: null },
      postgres: { adminUrl: 'postgres://postgres:x@127.0.0.1:1/postgres' },
      services: [],
    }
    writeFileSync(join(dataDir, 'endpoints.json'), JSON.stringify(endpoints))
  }

  const connection = (status: string) => ({
    id: 'c1',
    service: 'calendar',
    account: { email: 'alice@example.com' },
    status,
    reason: null,
    action: null,
    expiresAt: null,
  })

  it('prints a JWT the services accept, and nothing else', async () => {
    const { exitCode, out } = await run([
      'token',
      '--sub',
      'alice',
      '--scope',
      'tokens:read',
      '--expires',
      '15m',
    ])
    const { payload } = await jwtVerify(out, keys, { issuer, audience })
    expect(exitCode).toBe(0)
    expect(payload).toMatchObject({ sub: 'alice', scope: 'tokens:read' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
  })

  it('cannot make a JWT where somebody else issues them', async () => {
    writeFileSync(join(dataDir, 'secrets', 'issuer.json'), JSON.stringify({ issuer, audience, key: null }))
    expect(await run(['token', '--sub', 'alice'])).toMatchObject({ exitCode: 3, out: '' })
  })

  it.each([
    ['an unknown command', ['nonsense']],
    ['a missing option', ['token']],
    ['a duration it does not understand', ['token', '--sub', 'alice', '--expires', 'soon']],
    ['no running stack', ['connections', '--sub', 'alice']],
  ])('exits 3 for %s', async (_what, args) => {
    const { exitCode, err } = await run(args)
    expect(exitCode).toBe(3)
    expect(err).not.toBe('')
  })

  it('lists every page of connections and exits 2 when one needs the user', async () => {
    await gatewayAnswers(
      { body: { items: [connection('active')], nextCursor: 'n' } },
      { body: { items: [connection('needs_reauthorization')], nextCursor: null } },
    )
    const { exitCode, out } = await run(['connections', '--sub', 'alice', '--json'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(out).items).toHaveLength(2)
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/connections?limit=200',
      '/v1/connections?limit=200&cursor=n',
    ])
  })

  it('exits 3 when it has asked too often, and says when to ask again', async () => {
    const detail = 'These are more requests than one caller may send for now.'
    const body = { code: 'too_many_requests', detail, retryAfter: 7 }
    await gatewayAnswers({ status: 429, body })
    const { exitCode, err } = await run(['connections', '--sub', 'alice'])
    expect([exitCode, err]).toEqual([3, expect.stringMatching(/429 too_many_requests .* try again in 7 s/)])
  })

  it('uses EVERGRANT_URL with EVERGRANT_TOKEN, and refuses one without the other', async () => {
    await gatewayAnswers({ body: { items: [], nextCursor: null } })
    const url = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8')).gateway
    rmSync(join(dataDir, 'endpoints.json'))
    expect(await run(['connections'], { EVERGRANT_URL: url })).toMatchObject({ exitCode: 3 })
    expect(await run(['connections'], { EVERGRANT_URL: url, EVERGRANT_TOKEN: 't' })).toMatchObject({
      exitCode: 0,
    })
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer t'])
  })

  it('follows a sync to its end and fails when the sync failed', async () => {
    await gatewayAnswers(
      { status: 202, body: { id: 's', status: 'requested' } },
      { body: { id: 's', status: 'failed', error: { code: 'google_unavailable' } } },
    )
    const { exitCode, out } = await run(['sync', '--sub', 'alice', '--mode', 'full'])
    expect(exitCode).toBe(1)
    expect(out).toContain('google_unavailable')
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/calendar/syncs', body: '{"mode":"full"}' })
  })

  it('cannot check what it may not see', async () => {
    await gatewayAnswers({ status: 401, body: { code: 'unauthenticated', title: 'no' } })
    const { exitCode, err } = await run(['connections', '--sub', 'alice'])
    expect(exitCode).toBe(3)
    expect(err).toContain('unauthenticated')
  })

  it('finds the sick part of a stack beside the healthy ones', async () => {
    await gatewayAnswers(...Array(4).fill({ body: healthy }))
    const { exitCode, out } = await run(['doctor', '--json'])
    const { findings } = JSON.parse(out) as { findings: { what: string; ok: boolean }[] }
    expect(exitCode).toBe(1)
    expect(findings.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual(['nats', 'postgres'])
  })

  /** Everything the doctor asks the gateway for, in one body. */
  const healthy = {
    checks: [],
    items: [],
    crowdedAccounts: [],
    lookedAt: { since: '2026-11-01T00:00:00.000Z', all: true },
  }

  describe('doctor, about the Google setup', () => {
    const check = (status: string) => ({
      name: 'redirect_uri',
      status,
      says: 'It is so.',
      remedy: 'Do this.',
    })
    /** A remote stack, of which only the gateway can be seen. */
    async function doctorSees(body: object) {
      await gatewayAnswers(...Array(3).fill({ body: { ...healthy, ...body } }))
      const { gateway } = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'))
      return run(['doctor'], { EVERGRANT_URL: gateway, EVERGRANT_TOKEN: 't' })
    }

    it.each([
      ['ok', 0, '✓'],
      ['warning', 0, '!'],
      ['unknown', 0, '?'],
      ['failed', 1, '✗'],
    ])('shows what is %s, with the remedy, and exits %i', async (status, code, mark) => {
      const { exitCode, out } = await doctorSees({ checks: [check(status)] })
      expect(exitCode).toBe(code)
      expect(out).toMatch(new RegExp(`\\${mark} +google setup: redirect uri +It is so. Do this.`))
      expect(seen.map(({ url }) => url)).toContain('/v1/oauth/google/configuration')
    })
    it('never claims what it could not ask: it asks as an operator, and exits 3 when refused', async () => {
      await gatewayAnswers(...Array(4).fill({ body: healthy }))
      await run(['doctor'])
      const bearer = seen.find(({ url }) => url.endsWith('/configuration'))?.authorization ?? ''
      const { payload } = await jwtVerify(bearer.replace('Bearer ', ''), keys, { issuer, audience })
      expect(payload.scope).toBe('admin')
      server?.close()

      await gatewayAnswers({ body: {} })
      rmSync(join(dataDir, 'secrets', 'issuer.json'))
      const { gateway } = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'))
      expect(await run(['doctor'], { EVERGRANT_URL: gateway })).toMatchObject({
        exitCode: 3,
        out: expect.stringContaining('EVERGRANT_TOKEN'),
      })
    })

    it('tells in plain words what grants died of together, and what to do', async () => {
      const cohort = {
        cause: 'Most likely: an administrator of this Workspace domain blocks the application.',
        action: { description: 'Ask the administrator.' },
        count: 12,
        accounts: 12,
        domain: 'corp.example',
        since: '2026-11-20T10:00:00.000Z',
        until: '2026-11-20T11:00:00.000Z',
        open: false,
        connectionIds: ['c-1', 'c-2'],
      }
      const account = {
        accountId: '1104',
        refreshTokens: 97,
        limit: 100,
        nextToGo: ['c-3'],
        action: { description: 'Share one grant.' },
      }
      const { exitCode, out } = await doctorSees({ items: [cohort], crowdedAccounts: [account] })
      expect(exitCode).toBe(0)
      expect(seen.map(({ url }) => url)).toContain('/v1/grants/cohorts')
      expect(out).toMatch(
        /! +12 grants in trouble together +Most likely: an administrator .* 12 accounts of corp.example, from 2026-11-20T10:00:00.000Z to .*, and over\. Ask the administrator\. Look at one: evergrant why c-1/,
      )
      expect(out).toMatch(
        /! +refresh tokens of Google account 1104 +97 may be alive, and Google keeps 100.* Share one grant\. The next to go: evergrant why c-3/,
      )
    })

    it('says that no grants ended together, and since when it looked', async () => {
      expect((await doctorSees({})).out).toMatch(/✓ +grants that ended together +none since 2026-11-01/)
    })

    it('claims nothing about grants when nobody told it', async () => {
      await gatewayAnswers(...Array(3).fill({ status: 503, body: {} }))
      const { gateway } = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'))
      const { out } = await run(['doctor'], { EVERGRANT_URL: gateway, EVERGRANT_TOKEN: 't' })
      expect(out).toMatch(/✗ +grants that ended together +GET \/v1\/grants\/cohorts: 503/)
    })
  })
})
