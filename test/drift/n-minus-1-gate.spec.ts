import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { migrate } from '@evergrant/event-store'
import { type Manifest, printManifest } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { Migration } from '@mikro-orm/migrations'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdPreviousRelease, tell } from '../n-minus-1/hold-release.ts'
import { manifestPath, previousRelease } from '../n-minus-1/previous-release.ts'
import { labManifest, labMigrations } from './lab-schema.ts'

const service = 'lab-service'
const released = useDatabase()
let manifest: Manifest
let repository: string

beforeAll(async () => {
  manifest = await labManifest(released.url)
})
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'evergrant-releases-'))
  git('init', '--quiet', '--initial-branch=main')
})
afterEach(() => rmSync(repository, { recursive: true, force: true }))

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=spec', '-c', 'user.email=spec@example.com', '-c', 'commit.gpgsign=false']
  const { status, stdout, stderr } = spawnSync('git', [...who, ...args], {
    cwd: repository,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** Commits whatever that release's migrations are; answers the commit. */
function commit(migrations: readonly string[], path = manifestPath(service)): string {
  const file = join(repository, path)
  mkdirSync(dirname(file), { recursive: true })
  const known = manifest.migrations.filter(({ name }) => migrations.includes(name))
  // Only the first release is ever held; of later ones the list of migrations is all that counts.
  const text =
    known.length === migrations.length
      ? printManifest(manifest)
      : JSON.stringify({ migrations: migrations.map((name) => ({ name })) })
  writeFileSync(file, text)
  git('add', '-A')
  git('commit', '--quiet', '--allow-empty', '-m', 'release')
  return git('rev-parse', 'HEAD')
}

const first = labMigrations.map(({ name }) => name)

describe('the release before the newest migration', () => {
  const second = [...first, '0002-colour']
  const third = [...second, '0003-size']
  const before = (migrations: readonly string[], root = repository) =>
    previousRelease(root, service, migrations)

  it('is the newest tag, whatever was committed since', () => {
    const tagged = commit(first)
    git('tag', 'v1.9.0')
    git('tag', 'not-a-release')
    commit(second)
    git('tag', 'v1.10.0')
    const untagged = commit(third)
    expect(untagged).not.toBe(tagged)
    expect(before(third)).toEqual({ kind: 'release', name: 'v1.10.0', commit: git('rev-parse', 'HEAD~1') })
  })

  it('is the tag before, where the newest one is what we look at', () => {
    const tagged = commit(first)
    git('tag', '-m', 'annotated', 'v1.0.0')
    commit(second)
    git('tag', 'v1.1.0')
    expect(before(second)).toEqual({ kind: 'release', name: 'v1.0.0', commit: tagged })
    expect(before(third), 'with a migration that is not committed').toMatchObject({ name: 'v1.1.0' })
  })

  it('is, without tags, the commit that the newest migration was added to, on our side of a merge', () => {
    commit(first)
    git('switch', '--quiet', '--create', 'slice')
    commit(second)
    git('switch', '--quiet', 'main')
    const main = commit(first, 'README')
    git('merge', '--quiet', '--no-ff', '-m', 'merge', 'slice')
    commit(second, 'README')
    expect(before(second)).toEqual({ kind: 'release', name: main.slice(0, 9), commit: main })
  })

  it('is HEAD, while the newest migration is not committed', () => {
    const head = commit(first)
    expect(before(second)).toEqual({ kind: 'release', name: 'HEAD', commit: head })
  })

  it('does not exist before the first manifest', () => {
    commit(first)
    expect(before(first)).toEqual({ kind: 'none' })
  })

  it('is not known to a shallow clone, nor where there is no commit', () => {
    expect(before(first)).toEqual({ kind: 'unknown', why: expect.stringContaining('no git repository') })
    commit(first)
    commit(second)
    const clone = join(repository, 'clone')
    git('clone', '--quiet', '--depth=1', `file://${repository}`, clone)
    expect(before(second, clone)).toEqual({ kind: 'unknown', why: expect.stringContaining('shallow') })
  })
})

interface NextRelease {
  readonly does: string
  readonly migration: string
  readonly sql: string
}

const colour = '0002-colour'
const t = 'user_oauth_tokens'

const breaking: readonly (NextRelease & { readonly names: RegExp })[] = [
  {
    does: 'drops a column that the previous one reads',
    migration: '0002-contract-scope',
    sql: `alter table ${t} drop column scope`,
    names:
      /user_oauth_tokens\.scope \(breaking_read\): Column user_oauth_tokens\.scope does not exist.* It loses token\.connect, token\.read\.$/m,
  },
  {
    does: 'drops it under a name that promises to add',
    migration: colour,
    sql: `alter table ${t} drop column scope`,
    names: /user_oauth_tokens\.scope \(breaking_read\)/,
  },
  {
    does: 'renames it in one step',
    migration: colour,
    sql: `alter table ${t} rename column scope to scopes`,
    names: /it was renamed/,
  },
  {
    does: 'adds a column that the previous one leaves out and that must not be null',
    migration: colour,
    sql: `alter table ${t} add column colour text not null`,
    names: /user_oauth_tokens\.colour \(breaking_write\).*every insert/,
  },
  {
    does: 'adds a check that its rows do not hold',
    migration: colour,
    sql: `alter table ${t} add constraint no_calendar check (service <> 'calendar') not valid`,
    names: /user_oauth_tokens \(breaking_write\).*23514/,
  },
  {
    does: 'takes a right away',
    migration: colour,
    sql: `revoke update on ${t} from evergrant_service`,
    names: /may not update/,
  },
]

const bearable: readonly NextRelease[] = [
  {
    does: 'adds a nullable column, an index, a table and an enum value',
    migration: colour,
    sql: `alter table ${t} add column colour text; create index by_colour on ${t} (colour); create table colour (id int);
          alter type token_status add value 'suspended'`,
  },
  {
    does: 'adds a column with a default',
    migration: colour,
    sql: `alter table ${t} add column colour text not null default 'red'`,
  },
  {
    does: 'drops a column that the previous one does not use any more',
    migration: '0002-contract-note',
    sql: `alter table ${t} drop column note`,
  },
]

describe('the gate', () => {
  const databases = new Map([...breaking, ...bearable].map(({ does }) => [does, useDatabase()]))

  async function verdictOn({ does, migration, sql }: NextRelease) {
    const url = databases.get(does)?.url ?? ''
    commit(first)
    git('tag', 'v1.0.0')
    class Next extends Migration {
      override up(): void {
        this.addSql(sql)
      }
    }
    const migrations = [...labMigrations, { name: migration, class: Next }]
    await migrate({ url, migrations })
    return holdPreviousRelease({
      root: repository,
      service,
      migrations: migrations.map(({ name }) => name),
      url,
      role: 'evergrant_test_service',
    })
  }

  it.each(breaking)('fails a release that $does, and says what the previous one loses', async (next) => {
    const verdict = await verdictOn(next)
    expect(verdict.kind).toBe('breaks')
    expect(tell(service, verdict)).toMatch(next.names)
  })

  it.each(bearable)('lets a release pass that $does', async (next) => {
    const verdict = await verdictOn(next)
    expect(tell(service, verdict)).toBe(`${service}: the previous release (v1.0.0) lives on today's schema`)
  })

  it('takes a manifest it cannot read for no proof', async () => {
    commit(first)
    writeFileSync(join(repository, manifestPath(service)), '{"format":9,"migrations":[]}')
    git('commit', '--quiet', '--all', '-m', 'of another format')
    git('tag', 'v2.0.0')
    const verdict = await holdPreviousRelease({
      root: repository,
      service,
      migrations: first,
      url: released.url,
      role: 'evergrant_test_service',
    })
    expect(tell(service, verdict)).toMatch(/could not prove .*: v2\.0\.0: The schema manifest/)
  })
})
