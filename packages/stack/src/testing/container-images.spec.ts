import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { usableImages } from './container-images.ts'

describe('choosing containers for the tests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-docker-'))
  let socket: string
  let server: Server | undefined
  let count = 0

  beforeEach(() => {
    count += 1
    socket = join(folder, `${count}.sock`)
  })

  afterEach(() => {
    server?.close()
    server = undefined
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function engineHas(...images: { RepoTags: string[] | null }[]): Promise<void> {
    server = createServer((_, response) => response.end(JSON.stringify(images)))
    return new Promise((resolve) => server?.listen(socket, resolve))
  }

  it('takes images that are there and new enough', async () => {
    await engineHas(
      { RepoTags: null },
      { RepoTags: ['postgres:13', 'mirror.example/postgres:18'] },
      { RepoTags: ['nats:2.9', 'nats:2.12-alpine'] },
    )
    expect(await usableImages(`unix://${socket}`)).toEqual({
      postgres: 'mirror.example/postgres:18',
      nats: 'nats:2.12-alpine',
    })
  })

  it('says which image is missing, and never pulls one', async () => {
    await engineHas({ RepoTags: ['postgres:18'] })
    expect(await usableImages(`unix://${socket}`)).toEqual({
      lacking: 'the container engine has no image of nats',
    })
  })

  it('says nothing where no engine answers', async () => {
    expect(await usableImages(`unix://${socket}`)).toBeUndefined()
  })
})
