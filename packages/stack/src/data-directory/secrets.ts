import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { writePrivateFile } from './private-file.ts'

export const passwordNames = [
  'postgres',
  'migrator',
  'oauth_service',
  'token_service',
  'calendar_service',
  'nats_oauth_service',
  'nats_token_service',
  'nats_calendar_service',
  'nats_operator',
  'google_client_secret',
] as const

/** What a stack generates once and keeps: everything below `<data-dir>/secrets`, readable by its owner only. */
export interface Secrets {
  readonly passwords: Readonly<Record<(typeof passwordNames)[number], string>>
  /** 32 bytes; oauth-service encrypts its short-lived secrets with it. */
  readonly oauthSecretsKeyFile: string
  /** oauth-service seals new tokens to this key … */
  readonly tokenSealingPublicKey: JWK
  /** … and only token-service can open them. */
  readonly tokenSealingPrivateKeyFile: string
  readonly vaultKeyRingFile: string
  /** Signs the development issuer's JWTs. */
  readonly issuerKey: JWK
}

/** Reads the secrets, generating what is not there yet. */
export async function secretsIn(folder: string): Promise<Secrets> {
  const passwords = kept(join(folder, 'passwords.json'), () => ({}))
  const complete = Object.fromEntries(
    // The letter in front: nats-server reads a value that looks like a number as one.
    passwordNames.map((name) => [name, passwords[name] ?? `p${randomBytes(18).toString('hex')}`]),
  )
  if (passwordNames.some((name) => passwords[name] === undefined))
    writePrivateFile(join(folder, 'passwords.json'), JSON.stringify(complete, null, 2))

  const oauthSecretsKeyFile = join(folder, 'oauth-secrets.key')
  if (!existsSync(oauthSecretsKeyFile))
    writePrivateFile(oauthSecretsKeyFile, randomBytes(32).toString('base64url'))
  const vaultKeyRingFile = join(folder, 'vault-key-ring.json')
  kept(vaultKeyRingFile, () => ({ current: 'k1', keys: { k1: randomBytes(32).toString('base64url') } }))

  const tokenSealingPrivateKeyFile = join(folder, 'token-sealing.jwk.json')
  const sealing = await keptKey(tokenSealingPrivateKeyFile, 'ECDH-ES+A256KW', 'enc')
  const issuerKey = await keptKey(join(folder, 'issuer.jwk.json'), 'ES256', 'sig')
  return {
    passwords: complete as Secrets['passwords'],
    oauthSecretsKeyFile,
    tokenSealingPublicKey: publicPart(sealing),
    tokenSealingPrivateKeyFile,
    vaultKeyRingFile,
    issuerKey,
  }
}

export function publicPart(key: JWK): JWK {
  const { d: _, ...rest } = key
  return rest
}

async function keptKey(file: string, alg: string, use: string): Promise<JWK> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const { privateKey } = await generateKeyPair(alg, { crv: 'P-256', extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg, use, kid: randomBytes(6).toString('hex') }
  writePrivateFile(file, JSON.stringify(key))
  return key
}

function kept<Value extends object>(
  file: string,
  make: () => Value,
): Record<string, string | undefined> & Value {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const made = make()
  writePrivateFile(file, JSON.stringify(made))
  return made as Record<string, string | undefined> & Value
}
