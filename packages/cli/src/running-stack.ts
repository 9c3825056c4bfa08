import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { couldNotCheck, type Surroundings } from './outcome.ts'

/** The parts of endpoints.json (CONTRACT 1) that commands read. */
export interface Endpoints {
  readonly gateway: string
  readonly google: { readonly issuer: string; readonly apiRootUrl: string; readonly emulated: boolean }
  readonly nats: { readonly url: string; readonly monitorUrl: string | null }
  readonly postgres: { readonly adminUrl: string; readonly databases: Readonly<Record<string, string>> }
  readonly services: readonly { readonly name: string; readonly replica: number; readonly url: string }[]
}

/** The key of the stack's development issuer; null when somebody else issues the tokens. */
export interface IssuerFile {
  readonly issuer: string
  readonly audience: string
  readonly key: { readonly kid: string; readonly alg: string } | null
}

export function dataDirectory(given: string | undefined, { env, cwd }: Surroundings): string {
  return resolve(cwd, given ?? env.EVERGRANT_DATA_DIR ?? '.evergrant')
}

/** @throws CommandEnd (could not check) when no stack runs on this data directory. */
export function endpointsIn(dataDir: string): Endpoints {
  return read(join(dataDir, 'endpoints.json'), dataDir)
}

/** @throws CommandEnd (could not check) when no stack was ever started on this data directory. */
export function issuerIn(dataDir: string): IssuerFile {
  return read(join(dataDir, 'secrets', 'issuer.json'), dataDir)
}

function read(file: string, dataDir: string) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw couldNotCheck(
      `no running stack in ${dataDir}: start one with npm start, name its folder with --data-dir, or name a remote one with EVERGRANT_URL and EVERGRANT_TOKEN`,
      cause,
    )
  }
}
