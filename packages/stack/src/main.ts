import { join } from 'node:path'
import { DomainError } from '@evergrant/decider'
import { surroundings } from './config.ts'
import { readOptions } from './options.ts'
import { createProgress } from './report/progress.ts'
import { summary } from './report/summary.ts'
import { startStack } from './start-stack.ts'
import { createStarted } from './started.ts'

const { args, env, cwd, startedByNpm } = surroundings()
const root = join(import.meta.dirname, '../../..')
const began = Date.now()
const write = (line: string) => process.stdout.write(`${line}\n`)
// `npm start | head` must not take the stack down.
process.stdout.on('error', () => {})

const stopping = new AbortController()
const started = createStarted(stopping.signal)

async function start(): Promise<void> {
  try {
    const options = readOptions(args, env, cwd)
    write('Evergrant starts …')
    const stack = await startStack(root, options, started, createProgress(write, Date.now))
    if (stopping.signal.aborted) return
    const { gateway } = stack.endpoints()
    if (!stack.ready) write(`  ! not everything is ready yet: ${gateway}/health says what is missing`)
    write(summary(stack.endpoints(), options.dataDir, cwd, (Date.now() - began) / 1000))
  } catch (error) {
    if (!stopping.signal.aborted) await fail(error)
  }
}

const starting = start()

async function stop(why: string): Promise<void> {
  if (stopping.signal.aborted) return
  stopping.abort()
  await starting
  write(`\nEvergrant stops (${why}) …`)
  const failures = await started.stopAll()
  for (const failure of failures) process.stderr.write(`evergrant: ${failure}\n`)
  if (failures.length === 0) write('Evergrant is stopped; nothing of it runs any more.')
  process.exit(failures.length === 0 ? 0 : 1)
}

async function fail(error: unknown): Promise<never> {
  stopping.abort()
  const { message, detail } =
    error instanceof DomainError
      ? { message: error.message, detail: error.context.detail }
      : { message: 'a defect in the stack itself', detail: error instanceof Error ? error.stack : error }
  process.stderr.write(`evergrant: ${message}\n${detail === undefined || detail === '' ? '' : `${detail}\n`}`)
  await started.stopAll()
  process.exit(1)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error) => void fail(error))
if (startedByNpm) {
  // npm passes a signal on to its shell, which may die of it without a word to us.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && void stop('npm has ended'), 500).unref()
}
