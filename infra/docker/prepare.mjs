// Once, before the first `docker compose up`: makes the passwords (.env) and the keys (.secrets) that are yours alone.
// Plain JavaScript for Node 20 and newer. Keeps what is there; prints nothing secret.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const secrets = join(root, '.secrets')
const env = join(root, '.env')
const say = (line) => process.stdout.write(`${line}\n`)

if (existsSync(env) || existsSync(secrets)) {
  say(
    '.env or .secrets is already there; nothing was changed. Remove both to start over (and lose every stored token).',
  )
  process.exit(0)
}

// The folder keeps others out; the files are readable, because containers run as a user of their own.
mkdirSync(secrets, { mode: 0o700 })
const keep = (name, text) => writeFileSync(join(secrets, name), text, { mode: 0o644 })

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const common = { alg: 'ECDH-ES+A256KW', use: 'enc', kid: randomBytes(6).toString('hex') }
keep('token-sealing.jwk.json', JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...common }))
keep(
  'vault-key-ring.json',
  JSON.stringify({ current: 'k1', keys: { k1: randomBytes(32).toString('base64url') } }),
)
keep('oauth-secrets.key', randomBytes(32).toString('base64url'))

// A letter first: nats-server reads a value that looks like a number as one.
const password = () => `p${randomBytes(18).toString('hex')}`
const lines = [
  '# Made by infra/docker/prepare.mjs. What you must fill in:',
  '# who signs the JWTs of your users and services',
  'AUTH_ISSUER=https://issuer.example.com',
  'AUTH_AUDIENCE=evergrant',
  'AUTH_JWKS_URI=https://issuer.example.com/.well-known/jwks.json',
  '# your OAuth client at Google; its redirect URI is <PUBLIC_URL>/v1/oauth/google/callback',
  'GOOGLE_CLIENT_ID=',
  'GOOGLE_CLIENT_SECRET=',
  '# where browsers reach the gateway: https, or a loopback address',
  'PUBLIC_URL=http://localhost:8080',
  'RETURN_TO_ORIGINS=',
  '# where the gateway listens on this machine; put your TLS in front of it',
  'GATEWAY_ADDRESS=127.0.0.1:8080',
  '',
  '# Yours alone; keep them with your backups.',
  `TOKEN_SEALING_PUBLIC_KEY='${JSON.stringify({ ...publicKey.export({ format: 'jwk' }), ...common })}'`,
  ...[
    'POSTGRES_PASSWORD',
    'EVERGRANT_MIGRATOR_PASSWORD',
    'OAUTH_SERVICE_DATABASE_PASSWORD',
    'TOKEN_SERVICE_DATABASE_PASSWORD',
    'CALENDAR_SERVICE_DATABASE_PASSWORD',
    'NATS_OAUTH_SERVICE_PASSWORD',
    'NATS_TOKEN_SERVICE_PASSWORD',
    'NATS_CALENDAR_SERVICE_PASSWORD',
    'NATS_OPERATOR_PASSWORD',
    // Of servers among themselves; only infra/kubernetes has more than one.
    'NATS_CLUSTER_PASSWORD',
  ].map((name) => `${name}=${password()}`),
]
writeFileSync(env, `${lines.join('\n')}\n`, { mode: 0o600 })
say('Made .env and .secrets. Fill in AUTH_* and GOOGLE_CLIENT_* in .env, then: docker compose up -d --wait')
