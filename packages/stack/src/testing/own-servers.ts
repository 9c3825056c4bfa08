import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNatsServer } from '../nats/find-nats.ts'
import { type NatsOptions, natsPlan } from '../nats/nats-server.ts'
import { postgresPlan, postgresUrl } from '../postgres/postgres-server.ts'
import { freePort } from '../processes/free-port.ts'
import { type Launched, launchProcess } from '../processes/launch-process.ts'
import { recordProcess } from '../processes/pid-file.ts'
import type { ProcessPlan } from '../processes/process-plan.ts'
import { claim, testFolderPrefix } from './sweep.ts'

/** A server of one spec: its own process, port and data, so it can be killed without hurting another spec. */
export interface OwnServer {
  readonly url: string
  readonly port: number
  /** Changes with every restart. */
  readonly pid: number
  readonly dataDir: string
  /** Sends a signal (SIGSTOP and SIGCONT freeze and thaw it) and, for SIGKILL, waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port, stopping it first when it still runs; `fresh` forgets its data. */
  restart(options?: { readonly fresh?: boolean }): Promise<void>
  /** Stops it and removes its data. Safe to call twice. */
  stop(): Promise<void>
}

export interface OwnNatsServer extends OwnServer {
  readonly monitorUrl: string
}

/** A nats-server with JetStream and no users, unless `config` brings some. */
export async function startNatsServer(
  options: Partial<Pick<NatsOptions, 'config'>> = {},
): Promise<OwnNatsServer> {
  // biome-ignore lint/style/noProcessEnv: the kit has no service around it whose config.ts could read this.
  const { binary } = await findNatsServer(process.env)
  const port = await freePort()
  const monitorPort = await freePort()
  const server = await ownServer(`nats://127.0.0.1:${port}`, port, (dataDir) =>
    natsPlan({
      name: `nats-${port}`,
      binary,
      port,
      monitorPort,
      storeDir: join(dataDir, 'jetstream'),
      ...options,
    }),
  )
  return Object.assign(server, { monitorUrl: `http://127.0.0.1:${monitorPort}` })
}

/** A PostgreSQL whose `url` is the superuser's; without fsync unless it is to be measured. */
export async function startPostgresServer({ durable = false } = {}): Promise<OwnServer> {
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  return ownServer(postgresUrl(port, password), port, (dataDir) =>
    postgresPlan({
      name: `postgres-${port}`,
      dataDir: join(dataDir, 'postgres'),
      port,
      password,
      durable,
    }),
  )
}

async function ownServer(
  url: string,
  port: number,
  planIn: (dataDir: string) => ProcessPlan,
): Promise<OwnServer> {
  const dataDir = mkdtempSync(join(tmpdir(), testFolderPrefix))
  chmodSync(dataDir, 0o755)
  claim(dataDir)
  let running: Launched | undefined
  let lastPid = 0
  const start = async () => {
    const plan = planIn(dataDir)
    running = await launchProcess(plan, {
      onSpawn: (pid) => recordProcess(join(dataDir, 'run'), plan.name, pid),
    })
    lastPid = running.pid
  }
  const end = async () => {
    await running?.stop()
    running = undefined
  }
  try {
    await start()
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
  return {
    url,
    port,
    dataDir,
    get pid() {
      return lastPid
    },
    kill: async (signal = 'SIGKILL') => {
      const target = running
      if (target === undefined) return
      target.kill(signal)
      if (signal !== 'SIGKILL') return
      await target.exited
      running = undefined
    },
    restart: async ({ fresh = false } = {}) => {
      await end()
      if (fresh)
        for (const data of ['jetstream', 'postgres'])
          rmSync(join(dataDir, data), { recursive: true, force: true })
      await start()
    },
    stop: async () => {
      await end()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
