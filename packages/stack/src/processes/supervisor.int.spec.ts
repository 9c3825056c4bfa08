import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeProcessPlan } from '../services/node-process.ts'
import { freePort, isListening } from './free-port.ts'
import { endLeftovers, isRunning, markOf, recordProcess } from './pid-file.ts'
import { type Supervised, type SupervisorOptions, supervise } from './supervisor.ts'

const patience = { timeout: 8_000, interval: 20 }

/** Serves /live; dies at once while the file `broken` exists. */
const serving = `
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
if (existsSync(process.env.FOLDER + '/broken')) { console.error('it is broken'); process.exit(7) }
createServer((_, answer) => answer.end()).listen(Number(process.env.PORT), process.env.HOST)
`
const stubborn = `${serving}
process.on('SIGTERM', () => {})
`

describe('a supervised process', () => {
  let folder: string
  let port: number
  const running: Supervised[] = []
  const events: string[] = []
  let changes = 0

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evergrant-supervisor-'))
    port = await freePort()
    events.length = 0
    changes = 0
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  const options = (): SupervisorOptions => ({
    logFolder: folder,
    runFolder: join(folder, 'run'),
    onChange: () => {
      changes += 1
    },
    onEvent: (line) => events.push(line),
    firstBackoffMs: 20,
    greatestBackoffMs: 100,
  })

  async function start(script: string, stopTimeoutMs = 5_000): Promise<Supervised> {
    const entry = join(folder, 'entry.mjs')
    writeFileSync(entry, script)
    const plan = nodeProcessPlan({
      name: 'standin',
      entry,
      port,
      livePath: '/live',
      env: { FOLDER: folder },
    })
    const supervised = await supervise({ ...plan, stopTimeoutMs }, options())
    running.push(supervised)
    return supervised
  }

  it('comes back on the same port when it is killed, with a new pid', async () => {
    const supervised = await start(serving)
    const before = supervised.pid()
    process.kill(before, 'SIGKILL')
    await vi.waitFor(() => expect(supervised.restarts()).toBe(1), patience)
    expect(supervised.pid()).not.toBe(before)
    expect(await isListening(port)).toBe(true)
    expect(changes).toBe(2)
  })

  it('is tried again and again until it starts', async () => {
    const supervised = await start(serving)
    writeFileSync(join(folder, 'broken'), '')
    process.kill(supervised.pid(), 'SIGKILL')
    await vi.waitFor(
      () => expect(events.filter((line) => line.includes('exit code 7')).length).toBeGreaterThan(1),
      patience,
    )
    rmSync(join(folder, 'broken'))
    await vi.waitFor(() => expect(supervised.restarts()).toBe(1), patience)
  })

  it('fails its first start at once, with its last words', async () => {
    writeFileSync(join(folder, 'broken'), '')
    await expect(start(serving)).rejects.toMatchObject({
      code: 'process_not_ready',
      context: { detail: expect.stringContaining('it is broken') },
    })
  })

  it('is not taken for started because a stranger answers on its port', async () => {
    const stranger = await start(serving)
    await expect(start(serving)).rejects.toMatchObject({ code: 'port_taken' })
    expect(stranger.restarts()).toBe(0)
  })

  it('stays down once it is stopped, and leaves no pid file', async () => {
    const supervised = await start(serving)
    const mark = markOf(supervised.pid())
    await supervised.stop()
    expect(mark !== undefined && isRunning(mark)).toBe(false)
    expect(readdirSync(join(folder, 'run'))).toEqual([])
    expect(supervised.restarts()).toBe(0)
  })

  it('is killed when it does not listen to a polite request', async () => {
    const supervised = await start(stubborn, 100)
    await supervised.stop()
    expect(await isListening(port)).toBe(false)
  })

  it('that a killed supervisor left is ended by the next start', async () => {
    const supervised = await start(serving)
    const mark = markOf(supervised.pid())
    // What the next start sees: the same files, and nobody who watches over the process.
    const left = join(folder, 'left')
    recordProcess(left, 'standin', supervised.pid())
    const ending = endLeftovers(left)
    await supervised.stop()
    expect(await ending).toEqual(['standin'])
    expect(mark !== undefined && isRunning(mark)).toBe(false)
    expect(readdirSync(left)).toEqual([])
  })

  it('never harms a stranger who got the pid of one of ours', async () => {
    const supervised = await start(serving)
    const run = join(folder, 'old')
    recordProcess(run, 'standin', supervised.pid())
    const file = join(run, 'standin.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), started: 'long ago' }))
    expect(await endLeftovers(run)).toEqual([])
    expect(await isListening(port)).toBe(true)
  })
})
