import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OwnNatsServer, startNatsServer, useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { environmentOf, preparedSecrets, type Secrets, secretsIn } from './given-environment.ts'
import { repository } from './manifests.ts'
import { workload } from './workloads.ts'

const fileVariables = {
  SECRETS_KEY_FILE: 'oauth-secrets-key',
  TOKEN_SEALING_PRIVATE_KEY_FILE: 'token-sealing-key',
  VAULT_KEY_RING_FILE: 'vault-key-ring',
} as const

/** The process of the image with the environment of the manifest, but for what is elsewhere here; its end and its log. */
function run(service: string, env: Record<string, string>): Promise<{ code: number | null; log: string }> {
  const child = spawn(process.execPath, [join(repository, 'services', service, 'src/main.ts')], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += String(chunk)
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, log })))
}

describe('a service in the cluster', () => {
  const database = useDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-spec-'))
  let nats: OwnNatsServer
  let secrets: Secrets

  beforeAll(async () => {
    nats = await startNatsServer()
    secrets = secretsIn(preparedSecrets().stdout)
    for (const data of Object.values(secrets))
      for (const [key, value] of Object.entries(data))
        if (Object.values<string>(fileVariables).includes(key)) writeFileSync(join(folder, key), value)
  })
  afterAll(async () => {
    await nats.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(['oauth-service', 'token-service', 'calendar-service'])(
    '%s does not go on where one server would keep the only copy of its events',
    async (service) => {
      const given = environmentOf(workload(service), secrets)
      const files = Object.entries(fileVariables).filter(([variable]) => variable in given)
      const { code, log } = await run(service, {
        ...given,
        DATABASE_URL: database.url,
        NATS_URL: nats.url,
        ...Object.fromEntries(files.map(([variable, key]) => [variable, join(folder, key)])),
        ...('VEND_JOURNAL_DIR' in given ? { VEND_JOURNAL_DIR: join(folder, 'vends') } : {}),
        HOST: '127.0.0.1',
        PORT: '0',
      })
      expect(code).toBe(1)
      expect(log).toContain('bus_misconfigured')
    },
  )
})
