import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Endpoints } from './data-directory/endpoints.ts'
import { readOptions } from './options.ts'
import { freePort, isListening } from './processes/free-port.ts'
import { createProgress } from './report/progress.ts'
import { summary } from './report/summary.ts'
import { type Stack, startStack } from './start-stack.ts'
import { createStarted, type Started } from './started.ts'
import { startNatsServer, startPostgresServer } from './testing.ts'

const repository = join(import.meta.dirname, '../../..')
const patience = { timeout: 20_000, interval: 50 }

/** Answers every path with its environment; says what still listened when it was asked to stop. */
const standIn = `
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
const { PORT, HOST, STOP_LOG, BROKEN } = process.env
if (BROKEN === process.argv[1]) { console.error('cannot start'); process.exit(3) }
createServer((_, answer) => answer.end(JSON.stringify(process.env))).listen(Number(PORT), HOST)
const listens = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.once('error', () => resolve(false))
})
process.on('SIGTERM', async () => {
  const ports = ['DATABASE_URL', 'NATS_URL'].flatMap((name) => process.env[name] ? [new URL(process.env[name]).port] : [])
  const open = await Promise.all(ports.map(Number).map(listens))
  appendFileSync(STOP_LOG, process.argv[1].split('/').at(-3) + ' ' + open.every(Boolean) + '\\n')
  process.exit(0)
})
`
const migration = `
import { appendFileSync } from 'node:fs'
appendFileSync(process.env.STOP_LOG + '.migrations', new URL(process.env.MIGRATOR_DATABASE_URL).pathname + '\\n')
`

/** The repository's shape, with stand-ins for the programs. */
function standInRepository(folder: string): string {
  const root = join(folder, 'repository')
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('package.json', '{"type":"module"}')
  for (const name of ['oauth-service', 'token-service', 'calendar-service', 'gateway']) {
    write(`services/${name}/src/main.ts`, standIn)
    write(`services/${name}/src/migrate.ts`, migration)
  }
  write('packages/google-emulator/src/main.ts', standIn)
  cpSync(join(repository, 'infra'), join(root, 'infra'), { recursive: true })
  return root
}

describe('npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-stack-'))
  const root = standInRepository(folder)
  const stopLog = join(folder, 'stops')
  const lines: string[] = []
  const stopping = new AbortController()
  const started = createStarted(stopping.signal)
  const others: Started[] = []
  let stack: Stack

  function start(args: string[], into: Started, env: Record<string, string> = {}): Promise<Stack> {
    // biome-ignore lint/style/noProcessEnv: the stand-ins inherit what a person's shell would give them.
    const surroundings = { ...process.env, ...env, STOP_LOG: stopLog }
    const options = readOptions(
      ['--data-dir', join(folder, 'data'), '--port', '0', ...args],
      surroundings,
      folder,
    )
    return startStack(
      root,
      options,
      into,
      createProgress((line) => lines.push(line), Date.now),
    )
  }
  const another = () => {
    const made = createStarted(new AbortController().signal)
    others.push(made)
    return made
  }
  const written = (): Endpoints => JSON.parse(readFileSync(join(folder, 'data', 'endpoints.json'), 'utf8'))
  const environmentAt = async (url: string): Promise<Record<string, string>> =>
    (await fetch(url)).json() as never

  beforeAll(async () => {
    stack = await start(['--scale', 'token-service=2'], started)
  }, 120_000)
  afterEach(async () => {
    await Promise.all(others.splice(0).map((each) => each.stopAll()))
  })
  afterAll(async () => {
    stopping.abort()
    await started.stopAll()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('says where everything is, in a file only its owner can read', () => {
    const endpoints = written()
    expect(stack.ready).toBe(true)
    expect(endpoints.services.map(({ name, replica }) => `${name} ${replica}`)).toEqual([
      'oauth-service 1',
      'token-service 1',
      'token-service 2',
      'calendar-service 1',
      'gateway 1',
      'google-emulator 1',
    ])
    expect(endpoints.google).toMatchObject({ emulated: true })
    expect(Object.keys(endpoints.postgres.databases)).toEqual([
      'oauth-service',
      'token-service',
      'calendar-service',
    ])
    expect(statSync(join(folder, 'data', 'endpoints.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data', 'secrets')).mode & 0o777).toBe(0o700)
  })

  it('migrates the three databases before any service starts', () => {
    const migrated = readFileSync(`${stopLog}.migrations`, 'utf8').trim().split('\n').sort()
    expect(migrated).toEqual(['/calendar', '/oauth', '/token'])
  })

  it('prints no password, neither on the way nor at the end', () => {
    const said = [...lines, summary(written(), join(folder, 'data'), folder, 1)].join('\n')
    const passwords = Object.values(
      JSON.parse(readFileSync(join(folder, 'data', 'secrets', 'passwords.json'), 'utf8')),
    )
    expect(passwords.length).toBeGreaterThan(5)
    for (const password of passwords) expect(said).not.toContain(password)
    expect(said).toContain('token-service 2')
  })

  it('tells the gateway of every replica', async () => {
    const { gateway, services } = written()
    const urls = services.filter(({ name }) => name === 'token-service').map(({ url }) => url)
    expect((await environmentAt(gateway)).TOKEN_SERVICE_URLS).toBe(urls.join(','))
  })

  it('brings a killed process back on its address, and writes its new pid down', async () => {
    const before = written()
    const victims = [
      before.services[1]?.pid ?? 0,
      before.nats.pid ?? 0,
      before.postgres.pid ?? 0,
      before.services.find(({ name }) => name === 'google-emulator')?.pid ?? 0,
    ]
    for (const pid of victims) process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => {
      const now = written()
      const pids = [now.nats.pid, now.postgres.pid, ...now.services.map(({ pid }) => pid)]
      expect(pids.filter((pid) => victims.includes(pid ?? 0))).toEqual([])
    }, patience)
    const after = written()
    expect({ ...after.nats, pid: 0 }).toEqual({ ...before.nats, pid: 0 })
    expect({ ...after.postgres, pid: 0 }).toEqual({ ...before.postgres, pid: 0 })
    expect(after.services.map(({ url }) => url)).toEqual(before.services.map(({ url }) => url))
  })

  it('refuses a second start on the same data directory', async () => {
    const before = readFileSync(join(folder, 'data', 'endpoints.json'), 'utf8')
    await expect(start([], another())).rejects.toMatchObject({ code: 'already_running' })
    expect(readFileSync(join(folder, 'data', 'endpoints.json'), 'utf8')).toBe(before)
  })

  it('says what to do when the wanted port is taken', async () => {
    const port = await freePort()
    const stranger = createServer().listen(port, '127.0.0.1')
    try {
      const refused = start(['--port', `${port}`, '--data-dir', join(folder, 'other')], another())
      await expect(refused).rejects.toMatchObject({
        code: 'port_taken',
        message: expect.stringContaining('--port <another port>'),
      })
    } finally {
      stranger.close()
    }
  })

  it('says what to do when a given PostgreSQL does not answer', async () => {
    const env = {
      EVERGRANT_POSTGRES_URL: `postgres://postgres:secret@127.0.0.1:${await freePort()}/postgres`,
    }
    const refused = start(['--data-dir', join(folder, 'other')], another(), env)
    await expect(refused).rejects.toMatchObject({
      code: 'foreign_server_unusable',
      message: expect.stringMatching(/^EVERGRANT_POSTGRES_URL: (?!.*secret)/),
    })
  })

  it('uses the PostgreSQL and the nats-server it is given, and leaves them running', async () => {
    const postgres = await startPostgresServer()
    const nats = await startNatsServer()
    try {
      const given = another()
      const env = { EVERGRANT_POSTGRES_URL: postgres.url, NATS_URL: nats.url }
      const { endpoints } = await start(['--data-dir', join(folder, 'given')], given, env)
      expect(endpoints().postgres).toMatchObject({ adminUrl: postgres.url, pid: null })
      expect(endpoints().nats).toEqual({ url: nats.url, monitorUrl: null, pid: null })
      const service = endpoints().services[0]
      const seen = await environmentAt(service?.url ?? '')
      expect(new URL(seen.DATABASE_URL ?? '').host).toBe(new URL(postgres.url).host)
      expect(seen.NATS_URL).toBe(nats.url)
      await given.stopAll()
      expect(await Promise.all([postgres.port, nats.port].map(isListening))).toEqual([true, true])
    } finally {
      await Promise.all([postgres.stop(), nats.stop()])
    }
  }, 60_000)

  it('shows the last words of a service that cannot start, and leaves nothing running', async () => {
    const failing = another()
    const dataDir = join(folder, 'failing')
    const broken = { BROKEN: join(root, 'services/calendar-service/src/main.ts') }
    await expect(start(['--data-dir', dataDir], failing, broken)).rejects.toMatchObject({
      message: expect.stringContaining('calendar-service'),
      context: { detail: expect.stringContaining('cannot start') },
    })
    await failing.stopAll()
    const ports: number[] = Object.values(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')))
    expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false))
  }, 60_000)

  it('stops in order: services while the servers still answer, and then those', async () => {
    rmSync(stopLog, { force: true })
    const { nats, postgres, services } = written()
    stopping.abort()
    expect(await started.stopAll()).toEqual([])
    expect(readFileSync(stopLog, 'utf8').trim().split('\n').sort()).toEqual(
      services.map(({ name }) => `${name} true`).sort(),
    )
    const urls = [nats.url, postgres.adminUrl, ...services.map(({ url }) => url)]
    expect(await Promise.all(urls.map((url) => isListening(Number(new URL(url).port))))).toEqual(
      urls.map(() => false),
    )
    expect(existsSync(join(folder, 'data', 'endpoints.json'))).toBe(false)
    expect(existsSync(join(folder, 'data', 'supervisor.pid'))).toBe(false)
  }, 60_000)
})
