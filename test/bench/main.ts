// npm run bench [-- relay start] [--expired=1000000]: medians and ratios, printed as rows for docs/benchmarks.md. Never an assertion.
import { arch, cpus, platform } from 'node:os'
import { connect } from './connect.ts'
import { consent } from './consent.ts'
import { fairness } from './fairness.ts'
import { fresh } from './fresh.ts'
import { refreshAhead } from './refresh-ahead.ts'
import { refreshes } from './refreshes.ts'
import { relayLatency } from './relay-latency.ts'
import { schemaDetection } from './schema-detection.ts'
import { schemaHotPath } from './schema-hot-path.ts'
import { startTimes } from './start-times.ts'
import { sync } from './sync.ts'
import { tokens } from './tokens.ts'

const suites: Record<string, () => Promise<readonly string[]>> = {
  connect,
  consent,
  fairness,
  fresh,
  'refresh-ahead': refreshAhead,
  refreshes,
  relay: relayLatency,
  schema: async () => [...(await schemaDetection()), ...(await schemaHotPath())],
  start: startTimes,
  sync,
  tokens,
}

const asked = process.argv.slice(2).filter((each) => !each.startsWith('--'))
const unknown = asked.filter((name) => !(name in suites))
if (unknown.length > 0) {
  process.stderr.write(
    `no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}\n`,
  )
  process.exit(1)
}
process.stdout.write(
  `Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}\n`,
)
for (const [name, run] of Object.entries(suites)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stdout.write(`\n${name}\n`)
  for (const line of await run()) process.stdout.write(`  ${line}\n`)
}
