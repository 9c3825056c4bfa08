import { request } from 'node:http'

/** Images on this machine that can serve the tests; pulling some during a test run would be no kindness. */
export interface UsableImages {
  readonly postgres: string
  readonly nats: string
}

/** @returns undefined where no container engine answers; a reason where one does but lacks an image. */
export async function usableImages(
  dockerHost: string | undefined,
): Promise<UsableImages | { readonly lacking: string } | undefined> {
  const tags = await localTags(dockerHost ?? 'unix:///var/run/docker.sock')
  if (tags === undefined) return undefined
  const postgres = tags.find((tag) => /(^|\/)postgres:1[5-9]([.-]|$)/.test(tag))
  const nats = tags.find((tag) => /(^|\/)nats:2\.(1\d|[2-9]\d)([.-]|$)/.test(tag))
  if (postgres !== undefined && nats !== undefined) return { postgres, nats }
  const missing = [...(postgres === undefined ? ['postgres'] : []), ...(nats === undefined ? ['nats'] : [])]
  return { lacking: `the container engine has no image of ${missing.join(' and ')}` }
}

function localTags(dockerHost: string): Promise<string[] | undefined> {
  const url = URL.canParse(dockerHost) ? new URL(dockerHost) : undefined
  const target =
    url?.protocol === 'unix:'
      ? { socketPath: url.pathname }
      : { host: url?.hostname ?? '127.0.0.1', port: url?.port ?? '2375' }
  return new Promise((resolve) => {
    const asking = request({ ...target, path: '/images/json', timeout: 3_000 }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(tagsIn(text)))
    })
    asking.on('error', () => resolve(undefined))
    asking.on('timeout', () => asking.destroy())
    asking.end()
  })
}

function tagsIn(text: string): string[] | undefined {
  try {
    const images: { RepoTags?: string[] | null }[] = JSON.parse(text)
    return images.flatMap(({ RepoTags }) => RepoTags ?? [])
  } catch {
    return undefined
  }
}
