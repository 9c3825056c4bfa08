import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetter } from './dead-letters.ts'
import { runCli } from './program.ts'

const services = ['oauth-service', 'token-service', 'calendar-service'] as const

describe('evergrant dlq', () => {
  let server: Server
  let url: string
  /** What the gateway answers, by method and path; 200 with nothing in it otherwise. */
  let answers: Record<string, { status?: number; body: object }>
  let seen: { method: string; path: string; body: string }[]

  beforeEach(async () => {
    answers = {}
    seen = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { method = '', url: path = '' } = request
        seen.push({ method, path, body })
        const { status = 200, body: answer } = answers[`${method} ${path}`] ?? {
          body: {
            items: [],
            nextCursor: null,
            checks: [],
            crowdedAccounts: [],
            lookedAt: { since: '', all: true },
          },
        }
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.close()
  })

  async function run(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const exitCode = await runCli(args, {
      env: { EVERGRANT_URL: url, EVERGRANT_TOKEN: 't' },
      cwd: '/',
      write: (line) => out.push(line),
      warn: (line) => err.push(line),
      now: () => new Date(),
      interrupted: new AbortController().signal,
    })
    return { exitCode, out: out.join('\n'), err: err.join('\n') }
  }

  const letter = (number: number, service: string = 'token-service'): DeadLetter => ({
    id: `consumer-${number}`,
    service,
    side: 'consumer',
    code: 'handler_defect',
    reason: 'handler_defect: TypeError: x is not a function',
    subject: 'evergrant.oauth.token-issued.v1',
    type: 'evergrant.oauth.TokenIssued.v1',
    source: 'oauth-service',
    streamId: `authorization-${number}`,
    version: 1,
    attempts: 3,
    firstSeenAt: `2026-11-0${number}T10:00:00.000Z`,
    waitingBehind: 2,
  })
  const lists = (service: string, ...items: DeadLetter[]) => {
    answers[`GET /v1/dead-letters/${service}?limit=200`] = { body: { items, nextCursor: null } }
  }
  const refuses = (service: string, status = 503) => {
    const body = { code: 'service_unavailable', detail: 'Nobody answers.' }
    answers[`GET /v1/dead-letters/${service}?limit=200`] = { status, body }
  }
  const retries = (id: string, outcome: string, reason: string | null = null) => {
    answers[`POST /v1/dead-letters/${id}/retry`] = { body: { id, outcome, reason } }
  }

  describe('list', () => {
    it('asks every service and exits 0 when there is nothing', async () => {
      expect(await run('dlq', 'list')).toEqual({ exitCode: 0, out: 'no dead letters', err: '' })
      expect(seen.map(({ path }) => path).sort()).toEqual(
        services.map((service) => `/v1/dead-letters/${service}?limit=200`).sort(),
      )
    })

    it('shows all pages with ids, events and reasons, says what to do, and exits 2', async () => {
      answers['GET /v1/dead-letters/token-service?limit=200'] = {
        body: { items: [letter(1)], nextCursor: 'n' },
      }
      answers['GET /v1/dead-letters/token-service?limit=200&cursor=n'] = {
        body: { items: [letter(2)], nextCursor: null },
      }
      const { exitCode, out } = await run('dlq', 'list')
      expect(exitCode).toBe(2)
      expect(out).toMatch(
        /token-service\/consumer-1 +TokenIssued authorization-1@1 +2026-11-01T10:00:00.000Z +2 +handler_defect: TypeError/,
      )
      expect(out).toContain('token-service/consumer-2')
      expect(out).toContain('evergrant dlq retry <id>')
      expect(JSON.parse((await run('dlq', 'list', '--json')).out)).toEqual({
        items: [letter(1), letter(2)],
        notAsked: [],
      })
    })

    it('asks one service only when it is named, and knows which there are', async () => {
      expect((await run('dlq', 'list', '--service', 'oauth-service')).exitCode).toBe(0)
      expect(seen.map(({ path }) => path)).toEqual(['/v1/dead-letters/oauth-service?limit=200'])
      expect(await run('dlq', 'list', '--service', 'nonsense')).toMatchObject({
        exitCode: 3,
        err: expect.stringContaining('oauth-service, token-service, calendar-service'),
      })
    })

    it('exits 3 when one service could not be asked, and still shows what the others have', async () => {
      lists('token-service', letter(1))
      refuses('calendar-service')
      const { exitCode, out, err } = await run('dlq', 'list')
      expect(exitCode).toBe(3)
      expect(out).toContain('token-service/consumer-1')
      expect(err).toMatch(/\? calendar-service: not asked\..*503 service_unavailable/)
      lists('token-service')
      expect(await run('dlq', 'list')).toMatchObject({ exitCode: 3, out: '' })
    })

    it('prints nothing that moves a cursor, whatever a third party put into an event', async () => {
      lists('token-service', { ...letter(1), streamId: 'a\u001b[2Kb', reason: 'x\r\ny' })
      expect((await run('dlq', 'list')).out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    })
  })

  describe('show', () => {
    it('tells which event it is, why it was given up, and its envelope', async () => {
      answers['GET /v1/dead-letters/token-service/consumer-1'] = {
        body: {
          ...letter(1),
          lastAttemptAt: null,
          envelope: { 'ce-id': 'authorization-1@1', 'ce-odd': '\u001b[2K' },
          payload: { bytes: 17, sha256: 'abc' },
        },
      }
      const { exitCode, out } = await run('dlq', 'show', 'token-service/consumer-1')
      expect(exitCode).toBe(0)
      expect(out).toContain(
        'token-service/consumer-1: token-service could not apply TokenIssued authorization-1@1; 2 events wait behind it.',
      )
      expect(out).toMatch(/ce-id +authorization-1@1/)
      expect(out).toMatch(/payload +17 bytes, sha256 abc/)
      expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    })

    it('fails for one that is not there, and cannot check what is no id', async () => {
      answers['GET /v1/dead-letters/token-service/consumer-9'] = {
        status: 404,
        body: { code: 'parked_event_not_found' },
      }
      expect(await run('dlq', 'show', 'token-service/consumer-9')).toMatchObject({
        exitCode: 1,
        err: expect.stringContaining('parked_event_not_found'),
      })
      expect((await run('dlq', 'show', '../schema')).exitCode).toBe(3)
      expect((await run('dlq', 'show', 'consumer-9')).exitCode).toBe(3)
    })
  })

  describe('retry', () => {
    it.each([
      ['applied', null, 0, '✓ applied'],
      ['published', null, 0, '✓ published'],
      ['parked', 'handler_defect: Error', 1, '✗ failed again. handler_defect: Error'],
      ['under_way', null, 3, '? under way'],
    ])('says what came of it: %s', async (outcome, reason, exitCode, says) => {
      retries('token-service/consumer-1', outcome, reason)
      const said = await run('dlq', 'retry', 'token-service/consumer-1')
      expect(said.exitCode).toBe(exitCode)
      expect(said.out).toContain(`token-service/consumer-1: ${says}`)
    })

    it('tries all of them one after the other, and one that stays does not keep the others', async () => {
      lists('oauth-service', letter(1, 'oauth-service'))
      lists('token-service', letter(2), letter(3))
      retries('oauth-service/consumer-1', 'parked', 'handler_defect: Error')
      retries('token-service/consumer-2', 'applied')
      answers['POST /v1/dead-letters/token-service/consumer-3/retry'] = {
        status: 409,
        body: { code: 'parked_event_without_identity' },
      }
      const { exitCode, out } = await run('dlq', 'retry', '--all', '--json')
      expect(exitCode).toBe(1)
      expect(JSON.parse(out).items).toMatchObject([
        { id: 'oauth-service/consumer-1', outcome: 'parked' },
        { id: 'token-service/consumer-2', outcome: 'applied' },
        { id: 'token-service/consumer-3', outcome: 'refused' },
      ])
    })

    it('exits 3 when a service could not be asked for its dead letters, although all others went through', async () => {
      lists('token-service', letter(2))
      retries('token-service/consumer-2', 'applied')
      refuses('oauth-service')
      expect(await run('dlq', 'retry', '--all')).toMatchObject({
        exitCode: 3,
        out: 'token-service/consumer-2: ✓ applied',
        err: expect.stringContaining('? oauth-service: not asked'),
      })
    })

    it('exits 0 when there is nothing to try', async () => {
      expect(await run('dlq', 'retry', '--all')).toMatchObject({ exitCode: 0, out: 'no dead letters' })
    })

    it.each([
      [[]],
      [['token-service/consumer-1', '--all']],
      [['token-service/consumer-1', '--service', 'oauth-service']],
    ])('wants one of them or --all: %j', async (args) => {
      expect((await run('dlq', 'retry', ...args)).exitCode).toBe(3)
      expect(seen).toEqual([])
    })
  })

  describe('drop', () => {
    it('sends the reason', async () => {
      answers['POST /v1/dead-letters/token-service/publisher-1/drop'] = { body: { outcome: 'dropped' } }
      const { exitCode, out } = await run(
        'dlq',
        'drop',
        'token-service/publisher-1',
        '--reason',
        'a test account',
      )
      expect([exitCode, out]).toEqual([
        0,
        'token-service/publisher-1: dropped; its stream goes on without it',
      ])
      expect(seen).toMatchObject([{ method: 'POST', body: '{"reason":"a test account"}' }])
    })

    it('asks nobody without a reason', async () => {
      expect((await run('dlq', 'drop', 'token-service/publisher-1')).exitCode).toBe(3)
      expect(seen).toEqual([])
    })
  })

  describe('doctor, about dead letters', () => {
    it('says that there are none', async () => {
      expect((await run('doctor')).out).toMatch(/✓ +dead letters +none/)
    })

    it('warns with their number, since when, and the command that shows them', async () => {
      lists('token-service', letter(2), letter(1))
      const { exitCode, out } = await run('doctor')
      expect(exitCode).toBe(0)
      expect(out).toMatch(
        /! +dead letters of token-service +2 events wait for a decision since 2026-11-01T10:00:00.000Z. Look: evergrant dlq list --service token-service/,
      )
    })

    it('claims nothing about a service that could not be asked, and exits 3', async () => {
      refuses('calendar-service')
      const { exitCode, out } = await run('doctor')
      expect(exitCode).toBe(3)
      expect(out).toMatch(/✗ +dead letters of calendar-service +GET .*503/)
      expect(out).not.toMatch(/dead letters +none/)
    })
  })
})
