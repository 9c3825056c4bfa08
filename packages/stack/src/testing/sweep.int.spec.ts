import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRunning, markOf, recordProcess } from '../processes/pid-file.ts'
import { claim, sweepTestServers, testFolderPrefix } from './sweep.ts'

describe('what a killed test run leaves behind', () => {
  let parent: string
  let folder: string

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'evergrant-sweep-'))
    folder = join(parent, `${testFolderPrefix}one`)
    mkdirSync(folder)
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  function server() {
    const child = spawn('/bin/sh', ['-c', 'read line'], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const pid = child.pid ?? 0
    recordProcess(join(folder, 'run'), 'server', pid)
    return { mark: markOf(pid), end: () => child.kill('SIGKILL') }
  }

  it('is ended and removed by the next one', async () => {
    const { mark } = server()
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }))
    await sweepTestServers(parent)
    expect(mark !== undefined && isRunning(mark)).toBe(false)
    expect(existsSync(folder)).toBe(false)
  })

  it('is not confused with a run that is still going on', async () => {
    const { mark, end } = server()
    claim(folder)
    await sweepTestServers(parent)
    expect(mark !== undefined && isRunning(mark)).toBe(true)
    end()
  })
})
