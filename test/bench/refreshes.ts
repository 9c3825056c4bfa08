import { setTimeout as delay } from 'node:timers/promises'
import { numberOption } from './option.ts'
import { startTokenWorld } from './token-world.ts'

const grants = numberOption('due', 5_000)

/** One process of token-service with thousands of grants that all became due at once, against the emulator: how many it
 * refreshes in a second, the slow start after an outage (`refresh-pace.ts`) included. PostgreSQL keeps its fsync. */
export async function refreshes(): Promise<readonly string[]> {
  const { google, sql, grant, stop } = await startTokenWorld()
  try {
    const countOf = async (what: string) => Number((await sql<{ n: string }>(what))[0]?.n)
    for (let count = 0; count < grants; count++) await grant()
    await until(async () => (await countOf('select count(*) n from grant_state')) === grants)

    const began = performance.now()
    await sql(`update grant_schedule set due_at = now(), claimed_until = null where task = 'refresh'`)
    const left = `select count(*) n from grant_state where (state->>'generation')::int = 1`
    const halfAt = await until(async () => (await countOf(left)) <= grants / 2)
    const endAt = await until(async () => (await countOf(left)) === 0)
    const calls = google.requests({ method: 'POST', path: '/token' })
    const perSecond = (count: number, ms: number) => (count / (ms / 1_000)).toFixed(0)
    return [
      `${grants} grants due at once, one process: ${perSecond(grants, endAt - began)}/s, ${calls.length} calls`,
      `the second half, at full pace: ${perSecond(grants / 2, endAt - halfAt)}/s`,
    ]
  } finally {
    await stop()
  }
}

/** @returns when it held, as performance.now() counts. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  for (;;) {
    if (await holds()) return performance.now()
    await delay(50)
  }
}
