import { type SpawnSyncReturns, spawnSync } from 'node:child_process'

/** A file that holds a JSON list, as one commit had it. */
export interface CommittedList {
  readonly commit: string
  readonly path: string
  readonly entries: readonly unknown[]
}

/** Every version of every JSON list that git knows in these folders. `notChecked` says what keeps it from knowing all. */
export function committedLists(
  root: string,
  folders: readonly string[],
): { readonly lists: readonly CommittedList[]; readonly notChecked?: string } {
  const git = (...args: readonly string[]) =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (git('rev-parse', '--verify', 'HEAD').status !== 0)
    return { lists: [], notChecked: 'this is no git repository with a commit, or there is no git' }
  const shallow = answerOf(git('rev-parse', '--is-shallow-repository'))
  // --no-renames: a list that moved away is one that is gone.
  const what = ['--no-renames', '--diff-filter=AM', '--name-only', '--format=commit %H']
  const log = answerOf(git('log', ...what, 'HEAD', '--', ...folders))
  const versions: { commit: string; path: string }[] = []
  let commit = ''
  for (const line of log.split('\n')) {
    if (line.startsWith('commit ')) commit = line.slice(7)
    else if (line.endsWith('.json')) versions.push({ commit, path: line })
  }
  const lists = versions.map(({ commit, path }) => ({
    commit,
    path,
    entries: JSON.parse(answerOf(git('show', `${commit}:${path}`))) as unknown[],
  }))
  return shallow.trim() === 'true'
    ? { lists, notChecked: 'the clone is shallow, commits before it are not here' }
    : { lists }
}

function answerOf({ status, stdout, stderr }: SpawnSyncReturns<string>): string {
  if (status !== 0) throw new Error(`git said: ${stderr.trim()}`)
  return stdout
}
