import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A release's files in a folder of their own, on the packages that are installed today.
 * @throws Error when the release needs one that is not installed any more. */
export function unpackRelease(root: string, commit: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, 'release.tar')
  run('git', ['-C', root, 'archive', '--output', archive, commit])
  run('tar', ['-xf', archive, '-C', folder])
  rmSync(archive)
  for (const file of ['package.json', ...globSync('{packages,services}/*/package.json', { cwd: folder })])
    linkDependencies(root, folder, dirname(file))
}

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function linkDependencies(root: string, folder: string, member: string): void {
  const { dependencies, devDependencies, optionalDependencies }: PackageJson = JSON.parse(
    readFileSync(join(folder, member, 'package.json'), 'utf8'),
  )
  for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    const target = name.startsWith('@evergrant/')
      ? join(folder, 'packages', name.slice('@evergrant/'.length))
      : installed(root, member, name)
    if (target === undefined || !existsSync(target)) {
      // Binaries for other platforms.
      if (optionalDependencies?.[name] !== undefined) continue
      throw new Error(`it needs ${name}, which is not installed any more`)
    }
    const link = join(folder, member, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link)
  }
}

// By the same member of the workspace, or by another one: dependencies move.
function installed(root: string, member: string, name: string): string | undefined {
  return [join(root, member), root, ...globSync(join(root, '{packages,services}/*'))]
    .map((place) => join(place, 'node_modules', name))
    .find((place) => existsSync(place))
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`)
}
