// npm run check: event contracts only grow. Today's code is held against every revision, and no revision or golden payload
// that was ever committed may be missing or changed.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allContracts } from '@evergrant/event-contracts'
import { brokenPromises, isContinued, schemasOf } from '@evergrant/event-contracts/testing'
import { committedLists } from './committed-lists.ts'

const root = process.argv[2] ?? join(import.meta.dirname, '../..')
const folders = ['packages/event-contracts/schemas', 'packages/event-contracts/golden']

const complaints: string[] = []
for (const contract of allContracts) {
  const file = join(root, `packages/event-contracts/schemas/${contract.subject}.json`)
  const revisions = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  for (const { path, problem, says } of brokenPromises(schemasOf(contract), revisions))
    complaints.push(`${contract.subject}: ${says}: ${path} ${problem}`)
}

const history = committedLists(root, folders)
for (const { path, commit, entries } of history.lists) {
  const file = join(root, path)
  const now = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  if (!isContinued(entries, now))
    complaints.push(
      `${path}: an entry of commit ${commit.slice(0, 9)} is gone or changed; only add behind it`,
    )
}

// Without the whole history the check is weaker, and that must be seen.
if (history.notChecked)
  process.stdout.write(`not held against the whole git history: ${history.notChecked}\n`)
for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
if (complaints.length > 0) {
  process.stdout.write('A change that breaks readers or writers is a new major version (CONTRIBUTING.md).\n')
  process.exitCode = 1
}
