import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stackErrors } from '../errors.ts'
import type { RunAs } from '../processes/process-plan.ts'

/** The account PostgreSQL runs as: nothing to do unless we are root, whom PostgreSQL refuses. initdb wants an
 * account that exists, so no invented number will do.
 * @throws DomainError tool_missing when root finds neither `postgres` nor `nobody`. */
export function unprivilegedUser(
  passwd: string = process.getuid?.() === 0 ? readFileSync('/etc/passwd', 'utf8') : '',
  isRoot: boolean = process.getuid?.() === 0,
): RunAs | undefined {
  if (!isRoot) return undefined
  const accounts = passwd.split('\n').map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const account = accounts.find(([name]) => name === wanted)
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]) }
  }
  throw stackErrors.tool_missing({
    message:
      'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as: create one (useradd --system postgres), or start as another user',
  })
}

/** Whether this account can get into a folder: a clone below /root is closed to everybody else. */
export function canEnter(folder: string, runAs: RunAs | undefined): boolean {
  if (runAs === undefined) return true
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...runAs, cwd: '/' }).status === 0
}
