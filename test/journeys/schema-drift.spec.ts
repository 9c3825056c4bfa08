import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { watchBus } from '../story/bus-watch.ts'
import { type RunningStack, startStack } from '../story/running-stack.ts'
import { playStory } from '../story/story.ts'

const patience = { timeout: 30_000, interval: 50 }

interface Standing {
  readonly service: string
  readonly status: string
  readonly incidentId: string | null
  readonly findings: readonly { readonly path: string; readonly remedy: string | null }[]
  readonly capabilities: Readonly<Record<string, string>>
}

describe('a schema that drifts under a running stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-drift-'))
  let stack: RunningStack
  let admin: string
  let alice: string
  let borrower: string
  let connectionId: string

  const call = async (method: string, path: string, token: string, body?: object) => {
    const response = await fetch(`${stack.endpoints().gateway}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const alter = async (service: string, statement: string) => {
    const { adminUrl, databases } = stack.endpoints().postgres
    const url = new URL(adminUrl)
    url.pathname = new URL(databases[service] ?? '').pathname
    const client = new Client({ connectionString: url.href })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const standing = async (service: string): Promise<Standing | undefined> => {
    const { body } = await call('GET', '/v1/schema', admin)
    return (body.items as Standing[]).find((report) => report.service === service)
  }
  const becomes = (service: string, status: string) =>
    vi.waitFor(async () => {
      const report = await standing(service)
      expect(report).toMatchObject({ status })
      return report as Standing
    }, patience)
  const healthy = () =>
    vi.waitFor(async () => {
      expect((await fetch(`${stack.endpoints().gateway}/health`)).status).toBe(200)
    }, patience)
  const heal = async (service: string) => {
    for (const { remedy } of (await standing(service))?.findings ?? [])
      if (remedy !== null) await alter(service, remedy)
  }

  afterEach(async () => {
    for (const service of ['token-service', 'calendar-service']) await heal(service)
    await healthy()
  })
  beforeAll(async () => {
    stack = await startStack(join(folder, 'data'), { arguments: ['--scale', 'token-service=2'] })
    const watch = await watchBus(stack.endpoints().nats.url, () => {})
    const plot = await playStory(stack, watch.events)
    await watch.close()
    alice = plot.userToken
    admin = plot.operatorToken
    borrower = plot.borrowerToken
    connectionId = plot.connectionId
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('says at the calendar why it cannot sync, and goes on showing what it has', async () => {
    await alter('token-service', 'alter table user_oauth_tokens drop column scope')
    const { incidentId } = await becomes('token-service', 'drift')
    const borrow = () => call('POST', `/v1/connections/${connectionId}/access-token`, borrower)
    expect(await borrow()).toMatchObject({ status: 503, body: { code: 'schema_drift' } })
    // One of the two replicas has named the drift; the other may still meet it before its own look has.
    await vi.waitFor(
      async () =>
        expect(await borrow()).toMatchObject({ status: 503, body: { code: 'schema_drift', incidentId } }),
      patience,
    )

    // What was borrowed before may still work for half a minute; a sync after that meets the drift.
    await vi.waitFor(
      async () => {
        const asked = await call('POST', '/v1/calendar/syncs', alice, { connectionId })
        expect(asked.status).toBe(202)
        const { body } = await call('GET', '/v1/calendar/calendars', alice)
        expect(body.items).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ sync: expect.objectContaining({ reason: 'schema_drift' }) }),
          ]),
        )
      },
      { timeout: 60_000, interval: 500 },
    )
    const events = await call('GET', '/v1/calendar/events', alice)
    expect(events.status).toBe(200)
    expect((events.body.items as unknown[]).length).toBeGreaterThan(0)

    await heal('token-service')
    await becomes('token-service', 'verified')
    await vi.waitFor(async () => {
      const { body } = await call('GET', '/v1/calendar/calendars', alice)
      for (const { sync } of body.items as { sync: { status: string } }[]) expect(sync.status).toBe('fresh')
    }, patience)
    await healthy()
  })

  it('takes from the calendar what the calendar lost, and nothing from tokens', async () => {
    await alter('calendar-service', 'alter table calendar_event drop column etag')
    const { incidentId } = await becomes('calendar-service', 'drift')
    const reading = await call('GET', '/v1/calendar/events', alice)
    expect(reading).toMatchObject({ status: 503, body: { code: 'schema_drift', incidentId } })
    expect((await call('POST', `/v1/connections/${connectionId}/access-token`, borrower)).status).toBe(200)
    expect((await call('GET', '/v1/connections', alice)).status).toBe(200)

    await heal('calendar-service')
    await becomes('calendar-service', 'verified')
    expect((await call('GET', '/v1/calendar/events', alice)).status).toBe(200)
    await healthy()
  })

  it('is known to a process that starts during the drift: it does not become ready, and does as soon as it is over', async () => {
    await alter('token-service', 'alter table user_oauth_tokens drop column scope')
    await becomes('token-service', 'drift')
    const [victim, survivor] = stack.endpoints().services.filter(({ name }) => name === 'token-service')
    if (!victim || !survivor) throw new Error('there are no two replicas')
    process.kill(victim.pid, 'SIGKILL')
    await vi.waitFor(async () => {
      const replica = stack.endpoints().services.find(({ url }) => url === victim.url)
      expect(replica?.pid).not.toBe(victim.pid)
      expect((await fetch(`${victim.url}/health/ready`)).status).toBe(503)
    }, patience)
    expect((await fetch(`${survivor.url}/health/ready`)).status).toBe(200)

    await heal('token-service')
    await vi.waitFor(async () => {
      expect((await fetch(`${victim.url}/health/ready`)).status).toBe(200)
    }, patience)
    await healthy()
  })

  it('does not hide a service that stopped verifying', async () => {
    const calendar = stack.endpoints().services.find(({ name }) => name === 'calendar-service')
    if (!calendar) throw new Error('there is no calendar-service')
    process.kill(calendar.pid, 'SIGSTOP')
    try {
      await becomes('calendar-service', 'unverifiable')
    } finally {
      process.kill(calendar.pid, 'SIGCONT')
    }
    await becomes('calendar-service', 'verified')
  })
})
