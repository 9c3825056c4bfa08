import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { postgresDataDirectory } from '../postgres/data-directory.ts'

const made = /^(secrets|logs|nats|postgres|google-emulator\.json.*|ports\.json|endpoints\.json)$/

/** Removes what a stack has made, and only that: the folder may have been named by mistake. */
export function emptyDataDirectory(dataDir: string): void {
  const postgres = postgresDataDirectory(dataDir)
  for (const name of readdirSync(dataDir))
    if (made.test(name)) rmSync(join(dataDir, name), { recursive: true, force: true })
  if (dirname(postgres) !== dataDir) rmSync(dirname(postgres), { recursive: true, force: true })
}

/** An empty folder for this start's logs; those of the start before stay in `logs/previous`. */
export function freshLogFolder(dataDir: string): string {
  const folder = join(dataDir, 'logs')
  const aside = join(dataDir, 'logs.previous')
  rmSync(join(folder, 'previous'), { recursive: true, force: true })
  if (existsSync(folder)) renameSync(folder, aside)
  mkdirSync(folder, { mode: 0o700 })
  if (existsSync(aside)) renameSync(aside, join(folder, 'previous'))
  return folder
}
