// One replica as a process of its own. The first grant it refreshes stops for good at the first point it was told, the
// second at the second; what is killed then dies with one refresh at each of them.
import { readTokenConfig } from '../config.ts'
import { startTokenService } from '../service.ts'

const points = process.argv.slice(2)
const stopsAt = new Map<string, string | undefined>()
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)

const service = await startTokenService(readTokenConfig(), {
  crashPoint: async (point, grantId) => {
    if (!stopsAt.has(grantId)) stopsAt.set(grantId, points.shift())
    if (stopsAt.get(grantId) !== point) return
    say({ stoppedAt: point })
    await new Promise(() => {})
  },
})
say({ replica: service.url })
