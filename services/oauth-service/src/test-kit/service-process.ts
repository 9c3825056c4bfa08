import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ServiceProcess {
  readonly url: string
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
}

/** The service as production runs it: its own process, configured by environment. */
export async function startServiceProcess(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    const entry = JSON.parse(line) as { msg?: string; url?: string }
    if (entry.msg !== 'ready' || entry.url === undefined) continue
    child.stdout.resume()
    return {
      url: entry.url,
      kill: async () => {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      },
    }
  }
  throw new Error(`the service did not become ready:\n${lines.join('\n')}`)
}
