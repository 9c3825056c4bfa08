import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const contracts = 'packages/event-contracts'
const revoked = `${contracts}/schemas/evergrant.token.grant-revoked.v1.json`

interface Revision {
  readonly writes: { readonly required: string[] }
  readonly reads: { readonly required: string[] }
}

describe('the check of event contracts', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evergrant-contracts-'))
    for (const each of ['schemas', 'golden'])
      cpSync(join(root, contracts, each), join(folder, contracts, each), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const run = (command: string, args: readonly string[], cwd = folder) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
    return { status, said: `${stdout}${stderr}` }
  }
  const check = (where = folder) =>
    run(process.execPath, [join(root, 'test/support/check-contracts.ts'), where])
  const commit = () => {
    run('git', ['init', '--quiet'])
    run('git', ['add', '-A'])
    const who = ['-c', 'user.name=spec', '-c', 'user.email=spec@example.com', '-c', 'commit.gpgsign=false']
    expect(run('git', [...who, 'commit', '--quiet', '-m', 'spec'])).toMatchObject({ status: 0 })
  }
  const change = (edit: (revisions: Revision[]) => Revision[], path = revoked) => {
    const file = join(folder, path)
    writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8'))), null, 2))
  }
  const required = ({ writes, reads }: Revision, names: readonly string[]): Revision => ({
    writes: { ...writes, required: [...writes.required, ...names] },
    reads: { ...reads, required: [...reads.required, ...names] },
  })

  it('holds for what is committed, and for a revision more', () => {
    commit()
    change((revisions) => [...revisions, ...revisions])
    expect(check()).toEqual({ status: 0, said: '' })
  })

  it('fails when readers of any earlier revision refuse what is written today', () => {
    change((revisions) => [...revisions.map((each) => required(each, ['formerly'])), ...revisions])
    expect(check()).toMatchObject({
      status: 1,
      said: expect.stringContaining(
        "evergrant.token.grant-revoked.v1: what today's code writes, readers of revision 1 refuse: $.formerly is required",
      ),
    })
  })

  it('fails when what any earlier revision wrote cannot be read today', () => {
    change(([now, ...later]) =>
      now ? [{ ...now, writes: { ...now.writes, required: [] } }, now, ...later] : [],
    )
    expect(check()).toMatchObject({
      status: 1,
      said: expect.stringContaining("what revision 1 wrote, today's code cannot read: $.grantId"),
    })
  })

  it.each([
    ['a schema', revoked],
    ['a golden payload', `${contracts}/golden/evergrant.token.grant-revoked.v1.json`],
  ])('fails when %s that was committed is changed, even by a later commit', (_what, path) => {
    commit()
    change((entries) => entries.map((entry) => ({ ...entry, edited: true })), path)
    const complaint = { status: 1, said: expect.stringMatching(`${path}: an entry of commit \\w{9} is gone`) }
    expect(check()).toMatchObject(complaint)
    commit()
    expect(check()).toMatchObject(complaint)
  })

  it('fails when a list that was committed is gone, also by another name', () => {
    commit()
    run('git', ['mv', revoked, `${contracts}/schemas/evergrant.token.grant-ended.v1.json`])
    commit()
    expect(check()).toMatchObject({ status: 1, said: expect.stringContaining(`${revoked}: an entry`) })
  })

  it('says plainly what it could not look at', () => {
    expect(check()).toEqual({
      status: 0,
      said: expect.stringContaining('not held against the whole git history: this is no git repository'),
    })
    commit()
    change((revisions) => [...revisions, ...revisions])
    commit()
    const clone = join(folder, 'shallow')
    run('git', ['clone', '--quiet', '--depth', '1', `file://${folder}`, clone])
    expect(check(clone)).toEqual({ status: 0, said: expect.stringContaining('the clone is shallow') })
  })
})
