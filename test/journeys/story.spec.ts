import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BusWatch, watchBus } from '../story/bus-watch.ts'
import type { Plot } from '../story/plot.ts'
import { type RunningStack, startStack } from '../story/running-stack.ts'
import { playStory, steps } from '../story/story.ts'
import { searchDatabase, searchFiles } from '../support/secret-search.ts'
import { finalState } from './final-state.ts'

/** Which process dies, and in front of which step: the one that needs it most. */
const kills = [
  ['oauth-service', 'The authorization is granted and TokenIssued is on the bus, its tokens sealed'],
  ['token-service', 'The connection is active'],
  ['token-service', 'The token is refreshed'],
  ['calendar-service', 'The calendar is synced'],
  ['gateway', 'A service borrows an access token, and Google takes it'],
  ['google-emulator', 'The calendar is synced'],
  ['nats-server', 'The authorization is granted and TokenIssued is on the bus, its tokens sealed'],
  ['nats-server', 'The token is refreshed'],
  ['postgres', 'The connection is active'],
  ['postgres', 'An event is added at Google; the next sync brings only that'],
] as const

describe('the main job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-journey-'))
  let stack: RunningStack
  let watch: BusWatch
  let undisturbed: unknown
  const plots: Plot[] = []

  beforeAll(async () => {
    stack = await startStack(join(folder, 'data'))
    watch = await watchBus(stack.endpoints().nats.url, () => {})
  })
  afterAll(async () => {
    await watch?.close()
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('holds from consent to a refreshed token, twice in a row', async () => {
    const first = await playStory(stack, watch.events)
    const second = await playStory(stack, watch.events)
    undisturbed = await finalState(first)
    // A story that played nothing would end twice in the same nothing.
    expect(undisturbed).toMatchObject({
      authorization: { status: 'granted' },
      connections: [{ service: 'calendar', status: 'active' }],
    })
    expect(first.changedEventId).not.toBe('')
    expect(await finalState(second)).toEqual(undisturbed)
    plots.push(first, second)
  })

  it.each(kills)('ends in the same state when %s is killed before "%s"', async (name, title) => {
    const at = steps.findIndex((step) => step.title === title) + 1
    expect(at).toBeGreaterThan(0)
    const plot = await playStory(stack, watch.events, {
      onStep: (number) => {
        if (number === at) process.kill(pidOf(stack, name), 'SIGKILL')
      },
    })
    expect(await finalState(plot)).toEqual(undisturbed)
    plots.push(plot)
  })

  it('leaves no token, code or verifier in any database column, NATS file or log line', async () => {
    const secrets = {
      exact: Object.fromEntries(
        plots.flatMap(({ user, google }) =>
          Object.entries(google.secretsSeen).map(([what, secret]) => [`${what} of ${user}`, secret]),
        ),
      ),
      prefixes: { 'access token': 'ya29.', 'refresh token': '1//0', 'authorization code': '4/0A' },
      codeChallenges: plots.flatMap(({ google }) => google.codeChallenges),
    }
    const { postgres } = stack.endpoints()
    const databases = await Promise.all(
      Object.keys(postgres.databases).map((service) => searchDatabase(adminUrlFor(stack, service), secrets)),
    )
    const nats = searchFiles(join(stack.dataDir, 'nats'), secrets)
    const logs = searchFiles(join(stack.dataDir, 'logs'), secrets)

    expect(Math.min(...databases.map(({ rows }) => rows))).toBeGreaterThan(0)
    expect(nats.bytes).toBeGreaterThan(0)
    expect(logs.bytes).toBeGreaterThan(0)
    expect([...databases.flatMap(({ findings }) => findings), ...nats.findings, ...logs.findings]).toEqual([])
  })
})

function pidOf(stack: RunningStack, name: string): number {
  const { services, nats, postgres } = stack.endpoints()
  const pid =
    { 'nats-server': nats.pid, postgres: postgres.pid }[name] ??
    services.find((service) => service.name === name)?.pid
  if (!pid) throw new Error(`no process is called ${name}`)
  return pid
}

/** The superuser's way into a service's database: its own role may not see everything. */
function adminUrlFor(stack: RunningStack, service: string): string {
  const { adminUrl, databases } = stack.endpoints().postgres
  const url = new URL(adminUrl)
  url.pathname = new URL(databases[service] ?? '').pathname
  return url.href
}
