import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { markOf } from '../processes/pid-file.ts'
import { lockDataDirectory } from './lock.ts'

describe('the lock on a data directory', () => {
  let dataDir: string

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'evergrant-lock-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('refuses a second stack and says whose the first is', () => {
    const unlock = lockDataDirectory(dataDir)
    expect(() => lockDataDirectory(dataDir)).toThrow(
      expect.objectContaining({
        code: 'already_running',
        message: expect.stringContaining(`pid ${process.pid}`),
      }),
    )
    unlock()
    lockDataDirectory(dataDir)()
    expect(readdirSync(dataDir)).toEqual([])
  })

  it('is not held by a process that was killed', async () => {
    const child = spawn('/bin/sh', ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const mark = markOf(child.pid ?? 0)
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    writeFileSync(join(dataDir, 'supervisor.pid'), JSON.stringify(mark))
    lockDataDirectory(dataDir)()
  })

  it('is not held by a stranger who got the same pid', () => {
    writeFileSync(join(dataDir, 'supervisor.pid'), JSON.stringify({ pid: process.pid, started: 'long ago' }))
    lockDataDirectory(dataDir)()
  })

  it('is not held by half a file', () => {
    writeFileSync(join(dataDir, 'supervisor.pid'), '{"pid":')
    lockDataDirectory(dataDir)()
  })
})
