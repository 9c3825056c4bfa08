import { homedir } from 'node:os'
import { join } from 'node:path'
import { fetchNatsWithApt } from './fetch-with-apt.ts'
import { type LocatedNats, locateNatsServer } from './locate-nats-server.ts'

/** The locator with this machine's real places: `.cache/nats` of the checkout, or the user's own cache. */
export function findNatsServer(
  env: Readonly<Record<string, string | undefined>>,
  report?: (line: string) => void,
): Promise<LocatedNats> {
  const cacheDir =
    env.EVERGRANT_CACHE_DIR ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'evergrant')
  return locateNatsServer({
    env,
    cacheDir,
    fetch: fetchNatsWithApt,
    ...(report === undefined ? {} : { report }),
  })
}
