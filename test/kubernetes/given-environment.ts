import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IConfigMap } from 'kubernetes-models/v1'
import { named, repository } from './manifests.ts'
import type { Workload } from './workloads.ts'

export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What an operator has after prepare.mjs, the form filled in, and secrets.mjs: both really run, in a folder of their own. */
export function preparedSecrets(fill: (env: string) => string = filledIn) {
  const root = mkdtempSync(join(tmpdir(), 'evergrant-spec-'))
  const run = (script: string) => {
    mkdirSync(join(root, script, '..'), { recursive: true })
    copyFileSync(join(repository, script), join(root, script))
    return spawnSync(process.execPath, [join(root, script)], { encoding: 'utf8' })
  }
  try {
    run('infra/docker/prepare.mjs')
    const env = join(root, '.env')
    writeFileSync(env, fill(readFileSync(env, 'utf8')))
    const { status, stdout, stderr } = run('infra/kubernetes/secrets.mjs')
    return { status, stdout, stderr }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

export function filledIn(env: string): string {
  return env.replace('GOOGLE_CLIENT_ID=', 'GOOGLE_CLIENT_ID=id').replace('GOOGLE_CLIENT_SECRET=', '$&secret')
}

interface SecretList {
  readonly items: readonly { metadata: { name: string }; stringData: Record<string, string> }[]
}

export function secretsIn(stdout: string): Secrets {
  const { items } = JSON.parse(stdout) as SecretList
  return Object.fromEntries(items.map(({ metadata, stringData }) => [metadata.name, stringData]))
}

/** The environment that a container starts with.
 * @throws for a key of a Secret that nobody makes. */
export function environmentOf({ name, container }: Workload, secrets: Secrets): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const { configMapRef } of container.envFrom ?? [])
    Object.assign(environment, named<IConfigMap>('ConfigMap', configMapRef?.name ?? '').data)
  for (const { name: variable, value, valueFrom } of container.env ?? []) {
    const { secretKeyRef, fieldRef } = valueFrom ?? {}
    if (secretKeyRef !== undefined) {
      const found = secrets[secretKeyRef.name ?? '']?.[secretKeyRef.key]
      if (found === undefined) throw new Error(`Nobody makes ${secretKeyRef.key} of ${secretKeyRef.name}.`)
      environment[variable] = found
    } else if (fieldRef?.fieldPath === 'metadata.name') {
      environment[variable] = `${name}-5d8f6c9b7d-x2x4z`
    } else {
      environment[variable] = (value ?? '').replace(/\$\((\w+)\)/g, (_, other) => environment[other] ?? '')
    }
  }
  return environment
}
