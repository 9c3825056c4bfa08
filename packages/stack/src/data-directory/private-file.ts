import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file only its owner can read, at once: a reader sees the old content or the new, never half. */
export function writePrivateFile(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const staged = `${file}.${process.pid}.new`
  writeFileSync(staged, content, { mode: 0o600 })
  renameSync(staged, file)
}
