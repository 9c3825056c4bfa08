import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NaiveResult, NaiveTask } from './naive-sync.ts'

const run = promisify(execFile)

/** One naive sync, in a fresh process as ours is one. */
export async function runNaiveSync(task: NaiveTask): Promise<NaiveResult> {
  const file = join(import.meta.dirname, 'naive-sync.ts')
  const { stdout } = await run(process.execPath, [file, JSON.stringify(task)])
  return JSON.parse(stdout) as NaiveResult
}
