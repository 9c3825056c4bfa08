import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { debianMirror } from './fetch-with-apt.ts'
import { locateNatsServer } from './locate-nats-server.ts'
import { isNewEnough } from './nats-version.ts'

describe('finding a nats-server', () => {
  let folder: string
  const versions = new Map<string, string>()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evergrant-locate-'))
    versions.clear()
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function binary(where: string, version: string): string {
    const path = join(folder, where, 'nats-server')
    mkdirSync(join(folder, where), { recursive: true })
    writeFileSync(path, '')
    versions.set(path, version)
    return path
  }

  const locate = (env: Record<string, string>, fetched?: string) =>
    locateNatsServer({
      env,
      cacheDir: join(folder, 'cache'),
      fetch: async () => fetched,
      versionOf: (path) => versions.get(path),
    })

  it('takes the one that was named before every other', async () => {
    const named = binary('named', '2.11.0')
    binary('path', '2.15.1')
    const found = await locate({ NATS_SERVER_BIN: named, PATH: join(folder, 'path') })
    expect(found).toEqual({ binary: named, version: '2.11.0', from: 'NATS_SERVER_BIN' })
  })

  it('refuses a named one that is too old instead of silently taking another', async () => {
    const named = binary('named', '2.9.10')
    binary('path', '2.15.1')
    await expect(locate({ NATS_SERVER_BIN: named, PATH: join(folder, 'path') })).rejects.toMatchObject({
      code: 'tool_missing',
      message: expect.stringContaining('2.9.10'),
    })
  })

  it('takes PATH before the cache', async () => {
    const onPath = binary('path', '2.10.0')
    binary('cache', '2.15.1')
    expect(await locate({ PATH: join(folder, 'path') })).toMatchObject({ binary: onPath, from: 'PATH' })
  })

  it('passes over one on PATH that is too old', async () => {
    binary('path', '2.9.10')
    const cached = binary('cache', '2.15.1')
    expect(await locate({ PATH: join(folder, 'path') })).toMatchObject({ binary: cached, from: 'cache' })
  })

  it('fetches one only when there is none', async () => {
    const fetched = binary('fetched', '2.12.1')
    expect(await locate({ PATH: '' }, fetched)).toMatchObject({ binary: fetched, from: 'fetched' })
  })

  it('names every choice, and what it saw, when there is nothing to run', async () => {
    const old = binary('path', '2.9.10')
    const failing = locate({ PATH: join(folder, 'path') })
    await expect(failing).rejects.toMatchObject({ code: 'tool_missing' })
    for (const words of [old, 'NATS_SERVER_BIN=', 'NATS_URL=', 'docker run', 'nats.io/download'])
      await expect(failing).rejects.toMatchObject({ message: expect.stringContaining(words) })
  })
})

describe('a nats-server version', () => {
  it.each([
    ['2.9.25', false],
    ['2.10.0', true],
    ['2.15.1', true],
    ['3.0.0', true],
    [undefined, false],
  ])('%s is new enough: %s', (version, enough) => {
    expect(isNewEnough(version)).toBe(enough)
  })
})

describe('the mirror nats-server is fetched from', () => {
  it("is the machine's own, in either form of its configuration", () => {
    expect(debianMirror('deb [arch=amd64] https://mirror.example/debian/ bookworm main')).toBe(
      'https://mirror.example/debian',
    )
    expect(debianMirror('Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm')).toBe(
      'http://mirror.example/debian',
    )
  })

  it('is never a security archive or a third party', () => {
    expect(
      debianMirror('deb http://security.example/debian-security x main\ndeb https://apt.example/tool x y'),
    ).toBe(undefined)
  })
})
