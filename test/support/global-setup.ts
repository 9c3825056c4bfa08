import { type SharedServers, startSharedServers } from '@evergrant/stack/testing'
import type { TestProject } from 'vitest/node'

// Each project loads this file anew, but all of them share one pair of servers.
const shared = Symbol.for('evergrant.test.servers')
interface Shared {
  servers: Promise<SharedServers>
  users: number
}
const holder = globalThis as { [shared]?: Shared | undefined }

/** Real PostgreSQL and nats-server for every spec that asks for them; unit specs never start any. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  holder[shared] ??= { servers: startSharedServers(), users: 0 }
  const ours = holder[shared]
  ours.users += 1
  const servers = await ours.servers
  project.provide('postgresAdminUrl', servers.postgresAdminUrl)
  project.provide('natsUrl', servers.natsUrl)
  project.provide('testRunId', servers.testRunId)
  return async () => {
    ours.users -= 1
    if (ours.users > 0) return
    holder[shared] = undefined
    await servers.stop()
    process.stderr.write(`servers: ${servers.description}\n`)
  }
}
