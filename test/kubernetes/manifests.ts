import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const repository = join(import.meta.dirname, '../..')
const infra = join(repository, 'infra')

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
}

interface Kustomization {
  readonly namespace?: string
  readonly resources?: readonly string[]
  readonly configMapGenerator?: readonly {
    readonly name: string
    readonly literals?: readonly string[]
    readonly files?: readonly string[]
  }[]
}

/** YAML as Kubernetes reads it: 1.1, with merge keys and octal numbers.
 * @throws the first thing that is no YAML. */
export function yamlOf<Document>(file: string): Document[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' }).map((document) => {
    const [problem] = document.errors
    if (problem) throw new Error(`${relative(repository, file)}: ${problem.message}`)
    return document.toJS() as Document
  })
}

/** Every file that some kustomization takes in, with its documents; generated ConfigMaps are among those. */
const files = new Map<string, Manifest[]>()
const folders = new Set<string>()

function take(folder: string): void {
  if (folders.has(folder)) return
  folders.add(folder)
  const file = join(folder, 'kustomization.yaml')
  const [kustomization] = yamlOf<Kustomization>(file)
  if (kustomization === undefined) return
  files.set(
    file,
    (kustomization.configMapGenerator ?? []).map((generator) => configMap(folder, generator)),
  )
  for (const resource of kustomization.resources ?? []) {
    const path = join(folder, resource)
    if (resource.endsWith('.yaml')) files.set(path, yamlOf<Manifest>(path))
    else take(path)
  }
}

type Generator = NonNullable<Kustomization['configMapGenerator']>[number]

function configMap(folder: string, { name, literals = [], files: sources = [] }: Generator) {
  const data = Object.fromEntries([
    ...literals.map((literal) => literal.split(/=(.*)/s, 2)),
    ...sources.map((source) => [source, readFileSync(join(folder, source), 'utf8')]),
  ])
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

const onDisk = globSync('kubernetes/**/*.yaml', { cwd: infra }).map((path) => join(infra, path))
/** The folders that are applied, each by itself. */
export const applied = onDisk.filter((path) => path.endsWith('kustomization.yaml')).map(dirname)
for (const folder of applied) take(folder)

/** Files that nobody would ever apply. */
export const forgotten = onDisk.filter((path) => !files.has(path))
export const kustomizations = [...folders].map((folder) => ({
  folder: relative(repository, folder),
  ...yamlOf<Kustomization & Record<string, unknown>>(join(folder, 'kustomization.yaml'))[0],
}))

export const manifests: readonly (Manifest & { readonly file: string })[] = [...files].flatMap(
  ([file, documents]) => documents.map((document) => ({ ...document, file: relative(repository, file) })),
)

export function ofKind<Kind>(kind: string): (Kind & Manifest & { readonly file: string })[] {
  return manifests.filter((manifest) => manifest.kind === kind) as (Kind & Manifest & { file: string })[]
}

/** @throws when there is none of that name. */
export function named<Kind>(kind: string, name: string): Kind & Manifest {
  const found = ofKind<Kind>(kind).find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`)
  return found
}
