import { ddlChannel } from '@evergrant/schema-verification'
import { eventually } from '../story/eventually.ts'
import { load } from './load.ts'
import { inMs, percentile } from './percentiles.ts'
import { startTokenWorld } from './token-world.ts'

const rounds = 12
const seconds = 2
const everyMs = 50

/** What vends of one process pay for the verifier in it: warm ones over NATS while it looks every two seconds, as it
 * always does, and while it is told of DDL twenty times a second. In turns, so that both have the same neighbours. */
export async function schemaHotPath(): Promise<readonly string[]> {
  const { bus, sql, grant, stop } = await startTokenWorld()
  try {
    await grant()
    const connectionId = await eventually(
      async () => (await sql<{ id: string }>('select id from connection_status'))[0]?.id,
      { what: 'the grant to arrive' },
    )
    const vend = async () => {
      const reply = await bus.request(
        'evergrant.token.access-token.get',
        { connectionId },
        { timeoutMs: 5_000 },
      )
      if (!reply.ok) throw new Error(`a vend answered ${reply.code}`)
    }
    await load({ callers: 1, seconds }, vend)
    const quiet: number[] = []
    const busy: number[] = []
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const { times } = await load({ callers: 1, seconds }, vend)
      const telling = setInterval(() => void sql(`notify ${ddlChannel}`), everyMs)
      const told = await load({ callers: 1, seconds }, vend)
      clearInterval(telling)
      quiet.push(...times)
      busy.push(...told.times)
      ratios.push(percentile(told.times, 0.5) / percentile(times, 0.5))
    }
    const perSecond = 1_000 / everyMs
    return [
      `warm vend over NATS, a look every two seconds: ${inMs(quiet)}`,
      `the same with ${perSecond} looks a second: ${inMs(busy)}`,
      `p50 of ${perSecond} looks a second against one in two: ratio ${percentile(ratios, 0.5).toFixed(3)} (median of ${rounds} rounds in turns; ${(2 * perSecond).toFixed(0)} times the looks)`,
    ]
  } finally {
    await stop()
  }
}
