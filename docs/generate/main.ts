// Writes the pages and golden files that follow from the code; with --check only says which are stale (exit 1).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { errorsPage } from './errors-page.ts'
import { eventsPage } from './events-page.ts'
import { goldenFiles } from './golden-files.ts'

const root = join(import.meta.dirname, '../..')
const check = process.argv.includes('--check')

const files: Record<string, string> = {
  'docs/events.md': eventsPage(),
  'docs/errors.md': errorsPage(),
  ...goldenFiles(root),
}

const stale = Object.entries(files).filter(([path, text]) => {
  const file = join(root, path)
  return !existsSync(file) || readFileSync(file, 'utf8') !== text
})
if (!check) for (const [path, text] of stale) writeFileSync(join(root, path), text)
for (const [path] of stale)
  process.stdout.write(`${check ? 'stale' : 'written'}: ${relative('.', join(root, path))}\n`)
if (check && stale.length > 0) {
  process.stdout.write('Run "npm run generate" and commit the result.\n')
  process.exitCode = 1
}
