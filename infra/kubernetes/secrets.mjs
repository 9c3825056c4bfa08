// Prints the Secrets that these manifests name, out of what infra/docker/prepare.mjs made (.env and .secrets):
//   node infra/kubernetes/secrets.mjs | kubectl apply --server-side --filename -
// Plain JavaScript for Node 20.12 and newer. Writes nothing, and prints nothing to a terminal.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const env = parseEnv(readFileSync(join(root, '.env'), 'utf8'))
const key = (name) => readFileSync(join(root, '.secrets', name), 'utf8')

const missing = []
const value = (name) => {
  if (!env[name]) missing.push(name)
  return env[name] ?? ''
}

const database = (user, password, name) => `postgres://${user}:${password}@postgres-rw:5432/${name}`
const login = (context) => {
  const variable = `${context.toUpperCase()}_SERVICE`
  const password = value(`${variable}_DATABASE_PASSWORD`)
  return {
    'database-password': password,
    'database-url': database(`${context}_service`, password, context),
    'nats-url': `nats://${context}-service:${value(`NATS_${variable}_PASSWORD`)}@nats:4222`,
  }
}
const migrator = value('EVERGRANT_MIGRATOR_PASSWORD')
const contexts = ['oauth', 'token', 'calendar']

const secrets = {
  ...Object.fromEntries(contexts.map((context) => [`${context}-service-login`, login(context)])),
  'migrator-login': {
    password: migrator,
    ...Object.fromEntries(
      contexts.map((context) => [
        `${context}-database-url`,
        database('evergrant_migrator', migrator, context),
      ]),
    ),
  },
  'nats-passwords': {
    'oauth-service': value('NATS_OAUTH_SERVICE_PASSWORD'),
    'token-service': value('NATS_TOKEN_SERVICE_PASSWORD'),
    'calendar-service': value('NATS_CALENDAR_SERVICE_PASSWORD'),
    operator: value('NATS_OPERATOR_PASSWORD'),
    cluster: value('NATS_CLUSTER_PASSWORD'),
  },
  'google-client': { 'client-id': value('GOOGLE_CLIENT_ID'), 'client-secret': value('GOOGLE_CLIENT_SECRET') },
  'oauth-service-keys': {
    'oauth-secrets-key': key('oauth-secrets.key'),
    'token-sealing-public-key': value('TOKEN_SEALING_PUBLIC_KEY'),
  },
  'token-service-keys': {
    'token-sealing-key': key('token-sealing.jwk.json'),
    'vault-key-ring': key('vault-key-ring.json'),
  },
}

if (missing.length > 0) {
  process.stderr.write(`Not in .env, or empty: ${missing.join(', ')}\n`)
  process.exit(1)
}
if (process.stdout.isTTY) {
  process.stderr.write('These are secrets: pipe them into `kubectl apply --server-side --filename -`.\n')
  process.exit(1)
}
const items = Object.entries(secrets).map(([name, stringData]) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'evergrant', labels: { 'app.kubernetes.io/part-of': 'evergrant' } },
  type: 'Opaque',
  stringData,
}))
process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items })}\n`)
