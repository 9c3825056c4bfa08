import { runCli } from './program.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
// `events tail | head` is an ordinary end.
process.stdout.on('error', () => interrupted.abort())

process.exitCode = await runCli(process.argv.slice(2), {
  // biome-ignore lint/style/noProcessEnv: the one place that reads it.
  env: process.env,
  cwd: process.cwd(),
  write: (line) => process.stdout.write(`${line}\n`),
  warn: (line) => process.stderr.write(`${line}\n`),
  now: () => new Date(),
  interrupted: interrupted.signal,
})
