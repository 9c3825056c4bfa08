import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isOurs } from '../data-directory/is-ours.ts'
import { freePort } from '../processes/free-port.ts'
import { type Launched, launchProcess } from '../processes/launch-process.ts'
import { isRunning, markOf } from '../processes/pid-file.ts'
import { withClient } from '../testing/shared-servers.ts'
import { postgresDataDirectory } from './data-directory.ts'
import { linkLibraries } from './link-libraries.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { ping, postgresPlan, postgresUrl } from './postgres-server.ts'
import { canEnter, unprivilegedUser } from './unprivileged-user.ts'

const root = process.getuid?.() === 0

describe('an embedded PostgreSQL', () => {
  let folder: string
  let scratch: string
  let running: Launched | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evergrant-closed-'))
    scratch = mkdtempSync(join(tmpdir(), 'evergrant-scratch-'))
    chmodSync(scratch, 0o755)
  })
  afterEach(async () => {
    await running?.stop()
    running = undefined
    for (const made of [folder, scratch]) rmSync(made, { recursive: true, force: true })
  })

  async function run(dataDir: string) {
    const options = { dataDir, port: await freePort(), password: "it's secret", durable: false }
    running = await launchProcess(postgresPlan(options))
    return { url: postgresUrl(options.port, encodeURIComponent(options.password)), ...options }
  }

  it('runs below a folder that only its owner may enter, whoever that is', async () => {
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    const { url } = await run(postgresDataDirectory(dataDir, scratch))
    await ping(url)
    expect(canEnter(folder, unprivilegedUser())).toBe(!root)
  })

  it('keeps its data to itself, and its password in no file', async () => {
    const { dataDir, url } = await run(join(scratch, 'postgres'))
    expect(statSync(dataDir).mode & 0o077).toBe(0)
    expect(existsSync(`${dataDir}.initial-password`)).toBe(false)
    await expect(ping(url.replace('secret', 'guessed'))).rejects.toMatchObject({ code: '28P01' })
  })

  it('starts although the pid of its killed predecessor now belongs to a stranger', async () => {
    const { dataDir, url, port, password } = await run(join(scratch, 'postgres'))
    await running?.stop()
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`)
    running = await launchProcess(postgresPlan({ dataDir, port, password, durable: false }))
    await ping(url)
  })

  it('starts at once after a SIGKILL that caught a backend in a long query', async () => {
    const { dataDir, url, port, password } = await run(join(scratch, 'postgres'))
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const backend = markOf(rows[0].pid)
    const lost = expect(client.query('select count(*) from generate_series(1, 1000000000)')).rejects.toThrow()
    await vi.waitFor(async () => expect(await isBusy(url, rows[0].pid)).toBe(true), { timeout: 10_000 })
    running?.kill('SIGKILL')
    await running?.exited
    running = await launchProcess(postgresPlan({ dataDir, port, password, durable: false }))
    await ping(url)
    await lost
    expect(backend !== undefined && isRunning(backend)).toBe(false)
  })

  it('keeps its data over an orderly stop', async () => {
    const first = await run(join(scratch, 'postgres'))
    await running?.stop()
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(false)
    running = await launchProcess(postgresPlan(first))
    await ping(first.url)
  })
})

async function isBusy(url: string, pid: number): Promise<boolean> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query('select state from pg_stat_activity where pid = $1', [pid])
    return rows[0]?.state === 'active'
  })
}

describe('the place of a cluster that its data directory cannot hold', () => {
  let folder: string
  let scratch: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evergrant-closed-'))
    scratch = mkdtempSync(join(tmpdir(), 'evergrant-scratch-'))
  })
  afterEach(() => {
    for (const made of [folder, scratch]) rmSync(made, { recursive: true, force: true })
  })

  it.runIf(root)('is the same on every start, and is forgotten with its data directory', () => {
    const place = postgresDataDirectory(folder, scratch)
    expect(place.startsWith(scratch)).toBe(true)
    expect(postgresDataDirectory(folder, scratch)).toBe(place)
    mkdirSync(place)
    rmSync(folder, { recursive: true })
    const next = mkdtempSync(join(tmpdir(), 'evergrant-closed-'))
    postgresDataDirectory(next, scratch)
    rmSync(next, { recursive: true })
    expect(existsSync(place)).toBe(false)
  })

  it.runIf(root)('has the programs beside it when those cannot be reached either', () => {
    const native = join(folder, 'native')
    mkdirSync(join(native, 'bin'), { recursive: true })
    writeFileSync(join(native, 'bin', 'postgres'), '')
    const copy = postgresBinaries(unprivilegedUser(), scratch, native)
    expect(copy.startsWith(scratch)).toBe(true)
    expect(postgresBinaries(unprivilegedUser(), scratch, native)).toBe(copy)
  })
})

describe('the libraries of the embedded PostgreSQL', () => {
  it('are linked where no install script did it', () => {
    const native = join(mkdtempSync(join(tmpdir(), 'evergrant-libraries-')), 'native')
    mkdirSync(join(native, 'lib'), { recursive: true })
    writeFileSync(join(native, 'lib', 'libx.so.1.2'), 'x')
    const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links))
    linkLibraries(native)
    linkLibraries(native)
    expect(readFileSync(join(native, 'lib', 'libx.so.1'), 'utf8')).toBe('x')
    rmSync(join(native, '..'), { recursive: true })
  })
})

describe('a folder where everybody may write', () => {
  it('is used only when we made it', () => {
    expect(isOurs(tmpdir(), 12_345)).toBe(false)
    expect(isOurs(join(tmpdir(), 'evergrant-not-there'))).toBe(false)
  })
})

describe('the account PostgreSQL runs as', () => {
  it('is our own unless we are root', () => {
    expect(unprivilegedUser('', false)).toBeUndefined()
  })

  it('is postgres, or nobody where there is no postgres', () => {
    const nobody = 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:/bin/sh'
    expect(unprivilegedUser(`${nobody}\npostgres:x:70:71::/:/bin/sh`, true)).toEqual({ uid: 70, gid: 71 })
    expect(unprivilegedUser(nobody, true)).toEqual({ uid: 65_534, gid: 65_533 })
    expect(() => unprivilegedUser('root:x:0:0::/:/bin/sh', true)).toThrow(
      expect.objectContaining({ code: 'tool_missing' }),
    )
  })
})
