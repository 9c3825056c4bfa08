import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, requiredScopes, type Service, services } from '@evergrant/event-contracts'
import { consentAs } from '@evergrant/google-emulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiClient, apiClient } from '../story/api-client.ts'
import { browser } from '../story/browser.ts'
import { type RunningStack, startStack } from '../story/running-stack.ts'

const subsets: readonly (readonly Service[])[] = Array.from({ length: 2 ** services.length }, (_, bits) =>
  services.filter((_service, index) => (bits & (1 << index)) !== 0),
)
const scopesOf = (ticked: readonly Service[]) =>
  ticked.flatMap((service) => [...requiredScopes(service, 'read')])

describe('a user who ticks only some of what is asked', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-granular-'))
  const dataDir = join(folder, 'data')
  let stack: RunningStack

  beforeAll(async () => {
    stack = await startStack(dataDir)
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function consent(api: ApiClient, body: object, answer: Parameters<typeof consentAs>[1]) {
    const opened = await api.post('/v1/authorizations', body)
    expect(opened).toMatchObject({ status: 201 })
    const { id, authorizationUrl } = opened.body as { id: string; authorizationUrl: string }
    const visitor = browser()
    const page = await visitor.request(await consentAs(await visitor.redirectOf(authorizationUrl), answer))
    expect(page.status).toBe(200)
    return (await api.get(`/v1/authorizations/${id}`)).body as { connections: string[] }
  }

  async function connectionsOf(api: ApiClient): Promise<Connection[]> {
    const { body } = await api.get('/v1/connections')
    return (body as { items: Connection[] }).items
  }

  const until = (api: ApiClient, expected: object) =>
    expect.poll(() => connectionsOf(api), { timeout: 20_000 }).toEqual(expected)

  const connection = (service: Service, ticked: boolean, connections: readonly string[]) =>
    expect.objectContaining({
      id: connections[services.indexOf(service)],
      service,
      status: ticked ? 'active' : 'missing_scopes',
      missingScopes: ticked ? [] : scopesOf([service]),
      action: ticked
        ? null
        : expect.objectContaining({
            kind: 'grant_scopes',
            url: expect.stringContaining(`connect=${service}`),
          }),
    })

  it.each(subsets.map((ticked) => [ticked.join(' and ') || 'nothing', ticked] as const))(
    'with %s ticked has exactly that active, and a way to the rest that keeps every id',
    async (name, ticked) => {
      const sub = `granular-${name.replaceAll(' ', '-')}`
      const email = `${sub}@example.com`
      const token = await stack.token(sub)
      const api = apiClient(
        () => stack.endpoints().gateway,
        () => token,
      )
      const wish = { services: [...services] }
      const { connections } = await consent(api, wish, { email, scopes: scopesOf(ticked) })
      const inAnyOrder = (of: (service: Service) => unknown) => expect.arrayContaining(services.map(of))
      await until(
        api,
        inAnyOrder((service) => connection(service, ticked.includes(service), connections)),
      )

      // What the action of each connection asks for: one more consent, aimed at that connection.
      for (const { id, service, action } of await connectionsOf(api)) {
        if (action?.url === undefined) continue
        const asked = new URL(action.url).searchParams
        expect(asked.get('connection')).toBe(id)
        const added = await consent(api, { services: [service], connectionId: id }, { email })
        expect(added.connections).toEqual([id])
      }
      await until(
        api,
        inAnyOrder((service) => connection(service, true, connections)),
      )
    },
  )

  it('is on a stack whose doctor says that everybody can connect', async () => {
    const args = ['packages/cli/src/main.ts', 'doctor', '--json', '--data-dir', dataDir]
    const doctor = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '../..') })
    let out = ''
    doctor.stdout.on('data', (chunk) => {
      out += chunk
    })
    const exitCode = await new Promise((resolve) => doctor.once('close', resolve))
    const { findings } = JSON.parse(out) as { findings: { what: string; status: string }[] }
    const setup = findings.filter(({ what }) => what.startsWith('google setup'))
    expect(setup.map(({ what, status }) => [what.replace('google setup: ', ''), status])).toEqual([
      ['client', 'ok'],
      ['reachability', 'ok'],
      ['redirect uri', 'ok'],
      ['scopes', 'ok'],
      ['consent screen', 'ok'],
      ['clock', 'ok'],
      ['keys', 'ok'],
    ])
    expect(exitCode).toBe(0)
  })
})
