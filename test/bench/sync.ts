import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { consentAs } from '@evergrant/google-emulator'
import { apiClient } from '../story/api-client.ts'
import { browser } from '../story/browser.ts'
import { startStack } from '../story/running-stack.ts'
import { inMs } from './percentiles.ts'

const events = Number(process.argv.find((each) => each.startsWith('--events='))?.slice(9) ?? 50_000)
const rounds = 50
/** Asking every other millisecond would itself take a third of a small machine. */
const seldomMs = 25

interface Sync {
  readonly status: string
  readonly counts: { readonly pages: number; readonly upserted: number; readonly unchanged: number }
}

/** One calendar on the embedded stack: a first load, a resync that finds nothing new, and asking for nothing. */
export async function sync(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
  const stack = await startStack(join(folder, 'data'))
  try {
    const sub = randomUUID()
    const email = `${sub}@example.com`
    const token = await stack.token(sub)
    const api = apiClient(
      () => stack.endpoints().gateway,
      () => token,
    )
    const { body } = await api.post('/v1/authorizations', { services: ['calendar'] })
    const visitor = browser()
    const google = await visitor.redirectOf((body as { authorizationUrl: string }).authorizationUrl)
    await visitor.request(await consentAs(google, { email }))
    const calendarId = await firstCalendar(api)
    const run = async (mode: 'incremental' | 'full', pollMs: number) => {
      const began = performance.now()
      const { id } = (await api.post('/v1/calendar/syncs', { calendarId, mode })).body as { id: string }
      for (;;) {
        const done = (await api.get(`/v1/calendar/syncs/${id}`)).body as Sync
        if (done.status === 'completed') return { ms: performance.now() - began, counts: done.counts }
        if (done.status === 'failed') throw new Error(`the sync failed: ${JSON.stringify(done)}`)
        await delay(pollMs)
      }
    }
    await run('incremental', seldomMs)
    const seeded = performance.now()
    const control = `${new URL(stack.endpoints().google.issuer).origin}/emulator/calendars/${encodeURIComponent(email)}/seed`
    const answer = await fetch(control, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ count: events, seed: 1 }),
    })
    if (!answer.ok) throw new Error(`the events were not seeded: ${answer.status}`)
    const seedMs = performance.now() - seeded
    // Google's push begins the load by itself; this one waits for what is left of it.
    const loaded = performance.now()
    await run('incremental', seldomMs)
    const loadMs = performance.now() - loaded
    const resync = await run('full', seldomMs)
    const nothing: number[] = []
    for (let round = 0; round < rounds; round++) nothing.push((await run('incremental', 2)).ms)
    return [
      `${events} events loaded: ${perSecond(events, loadMs)} (the emulator made them in ${Math.round(seedMs)} ms)`,
      `resync, ${resync.counts.unchanged} unchanged, ${resync.counts.upserted} upserted: ${perSecond(events, resync.ms)}`,
      `asked → synced with nothing new, through the gateway: ${inMs(nothing)}`,
      `peak RSS of calendar-service: ${peakMegabytes(stack.endpoints().services)}`,
    ]
  } finally {
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function firstCalendar(api: ReturnType<typeof apiClient>): Promise<string> {
  for (;;) {
    const { items } = (await api.get('/v1/calendar/calendars')).body as {
      items: { id: string; sync: { status: string } }[]
    }
    const [first] = items
    if (first?.sync.status === 'fresh') return first.id
    await delay(20)
  }
}

const perSecond = (count: number, ms: number) =>
  `${Math.round(count / (ms / 1000))} events/s (${Math.round(ms)} ms)`

/** As Linux counts it; other systems do not say. */
function peakMegabytes(services: readonly { readonly name: string; readonly pid: number }[]): string {
  const pid = services.find(({ name }) => name === 'calendar-service')?.pid
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return `${Math.round(Number(kilobytes) / 1024)} MB`
  } catch {
    return 'unknown on this system'
  }
}
