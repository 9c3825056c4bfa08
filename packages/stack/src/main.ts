import { join } from 'node:path'
import { DomainError } from '@evergrant/decider'
import { surroundings } from './config.ts'
import { readOptions } from './options.ts'
import { createProgress } from './report/progress.ts'
import { summary } from './report/summary.ts'
import { type Stage, stages, startStack } from './start-stack.ts'

const { args, env, cwd, startedByNpm } = surroundings()
const root = join(import.meta.dirname, '../../..')
const began = Date.now()
const write = (line: string) => process.stdout.write(`${line}\n`)
// `npm start | head` must not take the stack down.
process.stdout.on('error', () => {})

const stopping = new AbortController()
const stops = new Map<Stage, (() => Promise<void>)[]>()
let ended: Promise<void> | undefined

async function stopEverything(): Promise<void> {
  for (const stage of stages.toReversed()) {
    const results = await Promise.allSettled((stops.get(stage) ?? []).map((stop) => stop()))
    for (const result of results) if (result.status === 'rejected') write(`  ! ${result.reason}`)
  }
}

function end(why: string): Promise<void> {
  stopping.abort()
  ended ??= starting.then(async () => {
    write(`\nEvergrant stops (${why}) …`)
    await stopEverything()
    write('Evergrant is stopped; nothing of it runs any more.')
    process.exit(0)
  })
  return ended
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(signal))
if (startedByNpm) {
  // npm passes a signal on to its shell only; when it is gone, nobody could stop this stack with Ctrl-C any more.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && void end('npm has ended'), 500).unref()
}

async function start(): Promise<void> {
  try {
    const options = readOptions(args, env, cwd)
    write('Evergrant starts …')
    const stack = await startStack(
      root,
      options,
      {
        stopping: stopping.signal,
        add: (stage, stop) => stops.set(stage, [...(stops.get(stage) ?? []), stop]),
      },
      createProgress(write, Date.now),
    )
    if (stopping.signal.aborted) return
    if (!stack.ready)
      write(
        `  ! not everything is ready yet: ${stack.endpoints().gateway}/health says what is missing; the logs are in ${options.dataDir}/logs`,
      )
    write(summary(stack.endpoints(), options.dataDir, cwd, (Date.now() - began) / 1000))
  } catch (error) {
    if (stopping.signal.aborted) return
    await stopEverything()
    const detail = error instanceof DomainError ? error.context.detail : error
    process.stderr.write(`evergrant: ${error instanceof Error ? error.message : error}\n`)
    if (detail !== undefined && !(error instanceof DomainError && detail === ''))
      process.stderr.write(`${detail}\n`)
    process.exit(1)
  }
}

const starting = start()
