import { spawnSync } from 'node:child_process'

/** What a binary says it is, e.g. `2.15.1`; undefined when it is not there or is no nats-server. */
export function natsVersion(binary: string): string | undefined {
  const said = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  return /^nats-server: v(\d+\.\d+\.\d+)/.exec(said.stdout ?? '')?.[1]
}

/** Metadata on streams, several filter subjects and consumer pause came with 2.10. */
export function isNewEnough(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 10)
}
