import { homedir } from 'node:os'
import { join } from 'node:path'
import { fetchNatsWithApt } from './fetch-with-apt.ts'
import { fetchNatsWithDocker } from './fetch-with-docker.ts'
import { type LocatedNats, locateNatsServer } from './locate-nats-server.ts'

/** The locator with this machine's real places. The cache is the user's, so that a second clone finds what the first
 * one fetched. */
export function findNatsServer(
  env: Readonly<Record<string, string | undefined>>,
  report?: (line: string) => void,
): Promise<LocatedNats> {
  const cacheDir = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'evergrant')
  return locateNatsServer({
    env,
    cacheDir,
    fetch: async (folder, tell) =>
      (await fetchNatsWithApt(folder, tell)) ?? (await fetchNatsWithDocker(folder, tell)),
    ...(report === undefined ? {} : { report }),
  })
}
