import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const bootstrap = join(import.meta.dirname, '../../infra/bootstrap.mjs')

describe('installing the packages', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'evergrant-bootstrap-'))
    for (const folder of ['infra', 'packages/one', 'services', 'bin', 'node_modules/.bin'])
      mkdirSync(join(root, folder), { recursive: true })
    copyFileSync(bootstrap, join(root, 'infra/bootstrap.mjs'))
    writeFileSync(join(root, 'package.json'), '{}')
    writeFileSync(join(root, 'packages/one/package.json'), '{}')
    writeFileSync(join(root, 'node_modules/.bin/node'), '')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** Stands in for npx; what it would install is not the point here. */
  function npx(script: string): void {
    writeFileSync(join(root, 'bin/npx'), `#!/bin/sh\necho run >> '${root}/installs'\n${script}\n`)
    chmodSync(join(root, 'bin/npx'), 0o755)
  }

  function run(...workspace: readonly string[]): Promise<{ code: number | null; said: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [join(root, 'infra/bootstrap.mjs'), ...workspace], {
        env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` },
      })
      let said = ''
      child.stderr.on('data', (chunk) => {
        said += chunk
      })
      child.once('close', (code) => resolve({ code, said }))
    })
  }

  const installs = () => readFileSync(join(root, 'installs'), 'utf8').trim().split('\n').length

  it('happens once, and again only when a package.json has changed', async () => {
    npx('exit 0')
    expect(await run()).toMatchObject({ code: 0 })
    expect(await run()).toEqual({ code: 0, said: '' })
    expect(installs()).toBe(1)
    writeFileSync(join(root, 'packages/one/package.json'), '{"name":"one"}')
    expect(await run()).toMatchObject({ code: 0 })
    expect(installs()).toBe(2)
  })

  it('happens once for two terminals', async () => {
    npx('sleep 0.5')
    const both = await Promise.all([run(), run()])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(installs()).toBe(1)
  })

  it('does not wait for one that was killed', async () => {
    npx('exit 0')
    mkdirSync(join(root, '.cache'))
    writeFileSync(join(root, '.cache/installing'), '4194304')
    expect(await run()).toMatchObject({ code: 0 })
  })

  it.each([
    ['the network is away', 'getaddrinfo ENOTFOUND registry.example', 'cannot be reached'],
    ['the lockfile is behind', 'Error: ERR_PNPM_OUTDATED_LOCKFILE', 'pnpm-lock.yaml does not match'],
    ['something else is wrong', 'Segmentation fault', 'could not install'],
  ])('says what to do when %s, and fails', async (_what, words, advice) => {
    npx(`echo '${words}' >&2; exit 1`)
    const { code, said } = await run()
    expect(code).toBe(1)
    expect(said).toContain(advice)
    expect(said).toContain(words)
  })

  it('of a workspace inside this one happens in there, and waits until somebody asks for it', async () => {
    const inner = join(root, 'test/mutation')
    mkdirSync(join(inner, 'node_modules'), { recursive: true })
    writeFileSync(join(inner, 'package.json'), '{}')
    npx(`pwd > '${root}/where'`)
    expect(await run()).toMatchObject({ code: 0 })
    expect(readFileSync(join(root, 'where'), 'utf8').trim()).toBe(root)
    expect(await run('test/mutation')).toMatchObject({ code: 0 })
    expect(readFileSync(join(root, 'where'), 'utf8').trim()).toBe(inner)
    expect(await run('test/mutation')).toEqual({ code: 0, said: '' })
    expect(installs()).toBe(2)
  })
})
