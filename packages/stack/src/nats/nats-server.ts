import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import type { ProcessPlan } from '../processes/process-plan.ts'

export interface NatsOptions {
  readonly name?: string
  readonly binary: string
  readonly port: number
  readonly monitorPort: number
  readonly storeDir: string
  /** A configuration file, with the values of its $VARIABLES; without one every client may do everything. */
  readonly config?: { readonly file: string; readonly variables: Readonly<Record<string, string>> }
}

/** How to run a nats-server with JetStream. */
export function natsPlan(options: NatsOptions): ProcessPlan {
  const name = options.name ?? 'nats'
  const plain = ['-js', '-a', '127.0.0.1', '-p', `${options.port}`, '-m', `${options.monitorPort}`]
  return {
    name,
    command: options.binary,
    args:
      options.config === undefined
        ? [...plain, '-sd', options.storeDir, '-n', name]
        : ['-c', options.config.file, '-n', name],
    env: {
      ...options.config?.variables,
      NATS_ADDRESS: '127.0.0.1',
      NATS_PORT: `${options.port}`,
      NATS_MONITOR_PORT: `${options.monitorPort}`,
      NATS_STORE_DIR: options.storeDir,
    },
    port: options.port,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    startTimeoutMs: 30_000,
    prepare: async () => {
      mkdirSync(options.storeDir, { recursive: true, mode: 0o700 })
    },
    probe: async () => {
      await greeting(options.port)
      const health = await fetch(`http://127.0.0.1:${options.monitorPort}/healthz`)
      if (!health.ok) throw new Error(`nats-server is not healthy: ${health.status}`)
    },
  }
}

/** The first line a nats-server says to a client.
 * @throws when nobody listens, or somebody who is no nats-server. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.once('error', fail)
    socket.once('timeout', () => fail(new Error('no greeting')))
    socket.once('close', () => fail(new Error('closed without a greeting')))
    socket.once('data', (chunk) => {
      const line = chunk.toString()
      if (!line.startsWith('INFO ')) return fail(new Error('not a nats-server'))
      resolve(line)
      socket.destroy()
    })
  })
}
