import { spawnSync } from 'node:child_process'

/** What ran before today's schema, as git tells it. */
export type PreviousRelease =
  | { readonly kind: 'release'; readonly commit: string; readonly name: string }
  /** Nothing of this service was released before its newest migration. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly why: string }

/** Where a release's manifest is committed. */
export function manifestPath(service: string): string {
  return `services/${service}/schema.manifest.json`
}

/**
 * The newest tag `v…` that is not this very release; without tags the commit that the newest of `migrations` came after.
 * Manifests tell: they list the migrations of the packages too, and a migration that is not committed yet makes HEAD the previous
 * release. In a shallow clone nobody knows which tags or commits are missing.
 */
export function previousRelease(
  root: string,
  service: string,
  migrations: readonly string[],
): PreviousRelease {
  const git = (...args: readonly string[]) => {
    const { status, stdout } = spawnSync('git', ['-C', root, '-c', 'versionsort.suffix=-', ...args], {
      encoding: 'utf8',
      maxBuffer: 64_000_000,
    })
    return status === 0 ? stdout.trim() : undefined
  }
  const lines = (...args: readonly string[]) => (git(...args) ?? '').split('\n').filter((line) => line !== '')
  const head = git('rev-parse', '--verify', 'HEAD')
  if (head === undefined)
    return { kind: 'unknown', why: 'this is no git repository with a commit, or there is no git' }

  const newest = migrations.at(-1)
  const knowsNewest = (commit: string) =>
    migrationsIn(git('show', `${commit}:${manifestPath(service)}`)).includes(newest)
  const shallow = git('rev-parse', '--is-shallow-repository') === 'true'

  for (const tag of lines('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname')) {
    const commit = git('rev-parse', `${tag}^{commit}`)
    if (commit === undefined || (commit === head && knowsNewest(commit))) continue
    return released(commit, tag)
  }
  if (shallow) return { kind: 'unknown', why: 'the clone is shallow and has no tag of an earlier release' }
  if (!knowsNewest(head)) return released(head, 'HEAD')
  const added = lines('log', '--first-parent', '--format=%H', 'HEAD', '--', manifestPath(service))
    .filter(knowsNewest)
    .at(-1)
  const before = added === undefined ? undefined : git('rev-parse', '--verify', `${added}^1`)
  return before === undefined ? { kind: 'none' } : released(before, before.slice(0, 9))

  function released(commit: string, name: string): PreviousRelease {
    const there = git('cat-file', '-e', `${commit}:${manifestPath(service)}`) !== undefined
    return there ? { kind: 'release', commit, name } : { kind: 'none' }
  }
}

function migrationsIn(manifest: string | undefined): unknown[] {
  if (manifest === undefined) return []
  const { migrations = [] }: { migrations?: { name: unknown }[] } = JSON.parse(manifest)
  return migrations.map(({ name }) => name)
}
