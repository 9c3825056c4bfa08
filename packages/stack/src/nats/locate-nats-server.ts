import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { stackErrors } from '../errors.ts'
import { isNewEnough, natsVersion } from './nats-version.ts'

export interface LocateOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a fetched binary is kept between runs. */
  readonly cacheDir: string
  /** Fetches a binary into the cache folder; undefined when this machine cannot. */
  readonly fetch: (cacheDir: string, report: (line: string) => void) => Promise<string | undefined>
  readonly report?: (line: string) => void
  readonly versionOf?: (binary: string) => string | undefined
}

export interface LocatedNats {
  readonly binary: string
  readonly version: string
  readonly from: 'NATS_SERVER_BIN' | 'PATH' | 'cache' | 'fetched'
}

/** Finds a nats-server of 2.10 or newer: the one named, the one on PATH, the one fetched before, a new one.
 * @throws DomainError tool_missing, with every choice the user has. */
export async function locateNatsServer(options: LocateOptions): Promise<LocatedNats> {
  const { env, cacheDir, versionOf = natsVersion, report = () => {} } = options
  const named = env.NATS_SERVER_BIN
  if (named !== undefined && named !== '') {
    const version = versionOf(named)
    if (version !== undefined && isNewEnough(version))
      return { binary: named, version, from: 'NATS_SERVER_BIN' }
    throw stackErrors.tool_missing({
      message: `NATS_SERVER_BIN=${named} is ${version === undefined ? 'no nats-server' : `nats-server ${version}, and 2.10 or newer is needed`}`,
    })
  }
  const cached = join(cacheDir, 'nats-server')
  const candidates = [
    ...(env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => folder !== '')
      .map((folder) => ({ binary: join(folder, 'nats-server'), from: 'PATH' as const })),
    { binary: cached, from: 'cache' as const },
  ]
  const tooOld: string[] = []
  for (const { binary, from } of candidates) {
    if (!existsSync(binary)) continue
    const version = versionOf(binary)
    if (version !== undefined && isNewEnough(version)) return { binary, version, from }
    tooOld.push(`${binary} (${version ?? 'does not run'})`)
  }
  const fetched = await options.fetch(cacheDir, report)
  const version = fetched === undefined ? undefined : versionOf(fetched)
  if (fetched !== undefined && version !== undefined && isNewEnough(version))
    return { binary: fetched, version, from: 'fetched' }
  throw stackErrors.tool_missing({ message: choices(tooOld) })
}

function choices(tooOld: readonly string[]): string {
  return [
    `nats-server 2.10 or newer was not found${tooOld.length > 0 ? `; seen, but not usable: ${tooOld.join(', ')}` : ''}, and could not be fetched. One of these helps:`,
    '  - install it: https://nats.io/download (macOS: brew install nats-server), so that it is on PATH',
    '  - NATS_SERVER_BIN=<path to nats-server> npm start',
    '  - NATS_URL=nats://user:password@host:4222 npm start, to use a server you already run (with JetStream)',
    '  - docker run -p 4222:4222 nats:2.12 -js, and NATS_URL=nats://127.0.0.1:4222 npm start',
  ].join('\n')
}
