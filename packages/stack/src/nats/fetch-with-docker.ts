import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const image = 'nats:2.12'

/** Takes the binary out of the official image: it is static, so it runs on any Linux without a container. */
export async function fetchNatsWithDocker(
  cacheDir: string,
  report: (line: string) => void,
): Promise<string | undefined> {
  if (process.platform !== 'linux' || docker('info').status !== 0) return undefined
  report(`fetching nats-server from the Docker image ${image} …`)
  const made = docker('create', image)
  if (made.status !== 0) return undefined
  const container = made.stdout.trim().split('\n').at(-1) ?? ''
  const staged = join(cacheDir, `nats-server.docker-${process.pid}`)
  try {
    mkdirSync(cacheDir, { recursive: true })
    if (docker('cp', `${container}:/nats-server`, staged).status !== 0) return undefined
    // Copied by this process, so that the file is ours whatever account the engine runs as.
    copyFileSync(staged, `${staged}.own`)
    renameSync(`${staged}.own`, join(cacheDir, 'nats-server'))
    return join(cacheDir, 'nats-server')
  } finally {
    docker('rm', '--force', container)
    rmSync(staged, { force: true })
  }
}

function docker(...args: string[]) {
  return spawnSync('docker', args, { encoding: 'utf8', timeout: 180_000 })
}
