import { schemaContracts } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { installDdlNotification } from '@evergrant/schema-verification'
import { schemaReportSchema, schemaSubject } from '@evergrant/service-runtime'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

const patience = { timeout: 10_000, interval: 20 }
const reportsSchema = z.object({ items: z.array(schemaReportSchema) })

describe('a column that somebody dropped by hand', () => {
  const world = useTokenWorld()
  let service: TokenService

  const asOwner = async <T>(work: (sql: ReturnType<typeof sqlOf>) => Promise<T>): Promise<T> => {
    const database = await openDatabase({ url: world.database.url, applicationName: 'somebody' })
    try {
      return await work(sqlOf(database))
    } finally {
      await database.close()
    }
  }
  const alter = (change: string) => asOwner((sql) => sql(`alter table user_oauth_tokens ${change}`))
  const reportOf = async (name: string) => {
    const { body } = await world.call(service, '/v1/schema', { sub: 'root', scope: 'admin' })
    const report = reportsSchema.parse(body).items.find(({ service: told }) => told === name)
    if (!report) throw new Error(`nothing is told of ${name}`)
    return report
  }
  const standing = (status: string) =>
    vi.waitFor(async () => {
      const report = await reportOf('token-service')
      expect(report.status).toBe(status)
      return report
    }, patience)
  const newest = async (event: 'verified' | 'driftDetected' | 'driftResolved') => {
    const contract = schemaContracts.token[event]
    const message = await world.bus().last('TOKEN', contract.subject)
    return message === null ? null : JSON.parse(new TextDecoder().decode(message.payload))
  }

  beforeAll(async () => {
    expect(await asOwner((sql) => installDdlNotification(sql))).toBe(true)
    service = await world.start()
  })

  it('was verified before the service said it was ready', async () => {
    expect(await reportOf('token-service')).toMatchObject({
      status: 'verified',
      findings: [],
      ddlNotification: true,
      incidentId: null,
    })
    await vi.waitFor(async () => expect(await newest('verified')).not.toBe(null), patience)
  })

  it('takes tokens away with 503 schema_drift, nothing else, and only until it is back', async () => {
    const user = await world.issue()
    await world.connection(service, user)
    expect((await world.vend(service, user)).status).toBe(200)
    await alter('drop column scope')

    const report = await standing('drift')
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        path: 'user_oauth_tokens.scope',
        class: 'breaking_read',
        expected: expect.stringContaining('text'),
        remedy: expect.stringMatching(/add column/i),
        capabilities: expect.arrayContaining(['token.read']),
      }),
    )
    expect(report.change).toMatchObject({ command: 'ALTER TABLE', application: 'somebody' })

    const refused = await world.vend(service, user)
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({
      code: 'schema_drift',
      retryAfter: expect.any(Number),
      incidentId: report.incidentId,
    })
    expect(refused.headers.get('retry-after')).toBe(String(refused.body.retryAfter))
    expect(JSON.stringify(refused.body)).not.toContain('scope')

    const path = `/v1/connections/${user.connectionId()}`
    const looking = await world.call(service, path, { sub: user.user })
    expect(looking.status).toBe(200)
    expect(looking.body).toMatchObject({
      status: 'active',
      reason: 'schema_drift',
      capabilities: { 'token.read': 'unavailable' },
    })
    expect((await world.call(service, '/v1/connections', { sub: user.user })).status).toBe(200)
    expect((await world.call(service, `${path}/history`, { sub: user.user })).status).toBe(200)
    const google = await world.call(service, '/v1/google/health', { sub: user.user })
    expect(google.body.items).toContainEqual(
      expect.objectContaining({ service: 'calendar', status: 'unavailable', reason: 'schema_drift' }),
    )

    const late = await world.issue({ user: 'late' })
    await alter('add column scope text')
    await standing('verified')
    expect((await world.vend(service, user)).status).toBe(200)
    await world.connection(service, late)
  })

  it('is on the bus from its beginning to its end', async () => {
    const resolved = await vi.waitFor(async () => {
      const event = await newest('driftResolved')
      expect(event).not.toBe(null)
      return event
    }, patience)
    expect(resolved).toMatchObject({ service: 'token-service', findings: [] })
    expect(await newest('driftDetected')).toMatchObject({
      incidentId: resolved.incidentId,
      findings: expect.arrayContaining([expect.objectContaining({ path: 'user_oauth_tokens.scope' })]),
      capabilities: expect.objectContaining({ 'token.read': 'unavailable' }),
    })
  })

  it('keeps a process ready that was at work, and one that starts now from becoming ready', async () => {
    await alter('drop column scope')
    await standing('drift')
    const late = await world.start({ instanceId: 'late-replica' })
    const readiness = async (at: TokenService) => {
      const response = await fetch(`${at.url}/health/ready`)
      return { status: response.status, body: await response.json() }
    }
    const unavailable = {
      capabilities: expect.arrayContaining([
        expect.objectContaining({ name: 'token.read', status: 'unavailable', reason: 'schema_drift' }),
      ]),
    }
    expect(await readiness(service)).toMatchObject({ status: 200, body: unavailable })
    expect(await readiness(late)).toMatchObject({ status: 503, body: unavailable })
    expect((await fetch(`${late.url}/health/schema`)).status).toBe(503)

    await alter('add column scope text')
    await vi.waitFor(async () => expect((await readiness(late)).status).toBe(200), patience)
    expect((await fetch(`${late.url}/health/schema`)).status).toBe(200)
    await late.stop()
  })

  it('tells of the other services what they tell, and that the silent are silent', async () => {
    const own = await reportOf('token-service')
    const told = { ...own, service: 'oauth-service', instanceId: 'oauth-1', status: 'drift' as const }
    world.bus().broadcast(schemaSubject('oauth'), told)
    await vi.waitFor(async () => expect(await reportOf('oauth-service')).toMatchObject(told), patience)
    expect(await reportOf('calendar-service')).toMatchObject({
      status: 'unverifiable',
      lastVerifiedAt: null,
      unverifiable: { code: 'verifier_silent' },
    })
  })

  it('is for administrators only', async () => {
    expect((await world.call(service, '/v1/schema', { sub: 'alice' })).status).toBe(403)
  })
})
