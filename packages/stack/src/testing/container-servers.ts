import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ping } from '../postgres/postgres-server.ts'
import type { UsableImages } from './container-images.ts'

const readyWithinMs = 60_000

export interface ContainerServers {
  readonly postgresAdminUrl: string
  readonly natsUrl: string
  stop(): Promise<void>
}

/** The same two servers from images that are already on the machine. */
export async function startContainerServers(images: UsableImages): Promise<ContainerServers> {
  // The reaper is one more image that may not be there; teardown removes what this starts.
  // biome-ignore lint/style/noProcessEnv: testcontainers reads it from nowhere else.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'
  const { GenericContainer, Wait } = await import('testcontainers')
  const password = randomBytes(12).toString('hex')
  const starting = [
    new GenericContainer(images.postgres)
      .withEnvironment({ POSTGRES_PASSWORD: password })
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=300'])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/))
      .start(),
    new GenericContainer(images.nats)
      .withCommand(['-js'])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start(),
  ] as const
  const stop = async () => {
    const started = await Promise.allSettled(starting)
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)))
  }
  try {
    const [postgres, nats] = await Promise.all(starting)
    const postgresAdminUrl = `postgres://postgres:${password}@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`
    await untilItAnswers(postgresAdminUrl)
    return {
      postgresAdminUrl,
      natsUrl: `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The official image runs a first server, which only it can reach, to set itself up. */
async function untilItAnswers(url: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  while (true) {
    try {
      return await ping(url)
    } catch (error) {
      if (Date.now() > deadline) throw error
      await delay(100)
    }
  }
}
