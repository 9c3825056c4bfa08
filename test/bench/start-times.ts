import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../story/running-stack.ts'
import { percentile } from './percentiles.ts'

const rounds = 5

/** `npm start` after the packages are installed: on a new data directory, and again on the one it left. */
export async function startTimes(): Promise<readonly string[]> {
  const fresh: number[] = []
  const warm: number[] = []
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
    fresh.push(await secondsToServing(folder))
    warm.push(await secondsToServing(folder))
    rmSync(folder, { recursive: true, force: true })
  }
  const row = (what: string, samples: readonly number[]) =>
    `${what}: median ${percentile(samples, 0.5).toFixed(1)} s, worst ${Math.max(...samples).toFixed(1)} s (n = ${samples.length})`
  return [
    row('start to serving, new data directory', fresh),
    row('start to serving, existing data directory', warm),
  ]
}

async function secondsToServing(dataDir: string): Promise<number> {
  const started = performance.now()
  const stack = await startStack(join(dataDir, 'data'))
  const seconds = (performance.now() - started) / 1000
  await stack.stop()
  return seconds
}
