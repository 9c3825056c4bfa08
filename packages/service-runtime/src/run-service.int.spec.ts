import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const module = fileURLToPath(new URL('./run-service.ts', import.meta.url))
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Line {
  readonly msg: string
  readonly level: string
  readonly url?: string
  readonly err?: { readonly message: string }
}

/** A service process of its own whose `start` is the given source. */
function run(start: string, stdio: 'pipe' | 'ipc' = 'pipe') {
  const source = `
    import { runService } from ${JSON.stringify(module)}
    const alive = setInterval(() => {}, 1000)
    await runService(${start})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit', ...(stdio === 'ipc' ? (['ipc'] as const) : [])],
  })
  children.push(child)
  const lines: Line[] = []
  const reader = createInterface({ input: child.stdout ?? process.stdin })
  reader.on('line', (line) => lines.push(JSON.parse(line)))
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(
    ([[code]]) => code as number | null,
  )
  const said = (msg: string) =>
    expect.poll(() => lines.map((line) => line.msg), { timeout: 10_000 }).toContain(msg)
  return { child, lines, ended, said }
}

const quick = `async () => ({ url: 'http://127.0.0.1:1', stop: async () => {} })`

it('says when it is ready and where', async () => {
  const { lines, said } = run(quick)
  await said('ready')
  expect(lines).toEqual([expect.objectContaining({ msg: 'ready', level: 'info', url: 'http://127.0.0.1:1' })])
})

it.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and exits 0', async (signal) => {
  const { child, lines, ended, said } = run(
    `async () => ({ stop: () => new Promise((done) => setTimeout(done, 50)) })`,
  )
  await said('ready')
  child.kill(signal)
  expect(await ended).toBe(0)
  expect(lines.map(({ msg }) => msg)).toEqual(['ready', 'draining', 'stopped'])
})

it('drains when the process that started it is gone', async () => {
  const { child, ended, said } = run(quick, 'ipc')
  await said('ready')
  child.disconnect()
  expect(await ended).toBe(0)
})

it('exits 1 when it cannot start, and says why without a secret', async () => {
  const { lines, ended } = run(`async () => { throw new Error('no connection to postgres://a:s3cret@h/d') }`)
  expect(await ended).toBe(1)
  expect(lines).toEqual([expect.objectContaining({ level: 'fatal', msg: 'could not start' })])
  expect(lines[0]?.err?.message).toBe('no connection to postgres://a:[redacted]@h/d')
})

it.each([
  ['uncaught error', `setTimeout(() => { throw new Error('boom') })`],
  ['unhandled rejection', `Promise.reject(new Error('boom'))`],
])('exits 1 after an %s', async (msg, crash) => {
  const { lines, ended } = run(`async () => { ${crash}; return { stop: async () => {} } }`)
  expect(await ended).toBe(1)
  expect(lines.at(-1)).toMatchObject({ level: 'fatal', msg, err: { message: 'boom' } })
})

it('exits 1 when stopping fails', async () => {
  const { child, lines, ended, said } = run(
    `async () => ({ stop: () => Promise.reject(new Error('stuck')) })`,
  )
  await said('ready')
  child.kill('SIGTERM')
  expect(await ended).toBe(1)
  expect(lines.at(-1)).toMatchObject({ msg: 'stopping failed', err: { message: 'stuck' } })
})

it('exits 1 at once when it is asked a second time', async () => {
  const { child, ended, said } = run(`async () => ({ stop: () => new Promise(() => {}) })`)
  await said('ready')
  child.kill('SIGTERM')
  await said('draining')
  child.kill('SIGTERM')
  expect(await ended).toBe(1)
})

it('exits 0 when it is asked to stop while it still starts', async () => {
  const { child, ended, said } = run(`async () => {
    console.log(JSON.stringify({ msg: 'starting' }))
    await new Promise(() => {})
  }`)
  await said('starting')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})
