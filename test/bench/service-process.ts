import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface NodeProcess {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

type Env = Readonly<Record<string, string>>

const root = join(import.meta.dirname, '../..')

function run(service: string, entry: 'main' | 'migrate', env: Env): ChildProcess {
  const file = join(root, `services/${service}/src/${entry}.ts`)
  return spawn(process.execPath, [file], { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Migrates a service's database. */
export async function runToEnd(service: string, env: Env): Promise<void> {
  const child = run(service, 'migrate', env)
  child.stdout?.resume()
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the migration of ${service} ended with ${code}`)
}

/** One process of a service, as production runs it. */
export async function startService(service: string, env: Env): Promise<NodeProcess> {
  const child = run(service, 'main', env)
  const lines: string[] = []
  if (!child.stdout) throw new Error('a service always writes its log')
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    const entry = JSON.parse(line) as { msg?: string; url?: string }
    if (entry.msg !== 'ready' || entry.url === undefined) continue
    child.stdout.resume()
    const ended = once(child, 'exit')
    return {
      url: entry.url,
      pid: child.pid ?? 0,
      stop: async () => {
        child.kill('SIGTERM')
        await ended
      },
    }
  }
  throw new Error(`${service} did not become ready:\n${lines.join('\n')}`)
}
