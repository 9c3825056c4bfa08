import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { passwordNames } from '../data-directory/secrets.ts'
import {
  databaseServices,
  databaseUrl,
  inheritedEnvironment,
  type ServiceSurroundings,
  serviceEnvironment,
} from './service-plans.ts'

const around: ServiceSurroundings = {
  inherited: { PATH: '/bin' },
  postgresAdminUrl: 'postgres://postgres:admin@db.example:5433/postgres?sslmode=require',
  natsUrlOf: (user) => `nats://${user}:x@127.0.0.1:1`,
  callers: { issuer: 'http://127.0.0.1:2', audience: 'evergrant', jwksUri: 'http://127.0.0.1:2/keys' },
  google: {
    issuer: 'http://127.0.0.1:3',
    apiRootUrl: 'http://127.0.0.1:3',
    tokeninfoUrl: 'http://127.0.0.1:3/tokeninfo',
    clientId: 'client',
    clientSecret: 'client-secret',
  },
  publicUrl: 'http://127.0.0.1:8080',
  returnToOrigins: 'https://app.example',
  secrets: {
    passwords: Object.fromEntries(passwordNames.map((name) => [name, `password-of-${name}`])) as never,
    oauthSecretsKeyFile: '/secrets/oauth',
    tokenSealingPublicKey: { kty: 'EC', x: 'public' },
    tokenSealingPrivateKeyFile: '/secrets/sealing',
    vaultKeyRingFile: '/secrets/vault',
    issuerKey: { kty: 'EC', d: 'private' },
  },
}

const environments = Object.fromEntries(
  databaseServices.map((service) => [service.name, serviceEnvironment(service, 2, around)]),
)

describe("a service's environment", () => {
  it.each(databaseServices)(
    'gives $name its own login to its own database and bus',
    ({ name, role, database }) => {
      expect(environments[name]).toMatchObject({
        DATABASE_URL: `postgres://${role}:password-of-${role}@db.example:5433/${database}?sslmode=require`,
        NATS_URL: `nats://${name}:x@127.0.0.1:1`,
        INSTANCE_ID: `${name}-2`,
      })
    },
  )

  it.each([
    ['TOKEN_SEALING_PRIVATE_KEY_FILE', 'token-service'],
    ['VAULT_KEY_RING_FILE', 'token-service'],
    ['SECRETS_KEY_FILE', 'oauth-service'],
    ['TOKEN_SEALING_PUBLIC_KEY', 'oauth-service'],
  ])('hands %s to %s alone', (key, owner) => {
    const holders = Object.entries(environments).filter(([, env]) => key in env)
    expect(holders.map(([name]) => name)).toEqual([owner])
  })

  it('has each service believe the gateway about addresses, whoever the operator says is in front of that', () => {
    const inherited = { TRUSTED_PROXIES: '203.0.113.1' }
    const { TRUSTED_PROXIES } = serviceEnvironment(databaseServices[0], 1, { ...around, inherited })
    expect(TRUSTED_PROXIES).toBe('loopback')
  })

  it('shows no service the password of another one, of the migrator or of the superuser', () => {
    for (const { name, role } of databaseServices) {
      const passwords = JSON.stringify(environments[name]).match(/password-of-\w+/g)
      expect(passwords).toEqual([`password-of-${role}`])
      expect(JSON.stringify(environments[name])).not.toContain('admin@')
    }
  })

  it('takes nothing from the outside that the stack decides itself', () => {
    const env = { PATH: '/bin', LOG_LEVEL: 'debug', PORT: '1', GOOGLE_CLIENT_SECRET: 's', npm_config_x: 'y' }
    expect(inheritedEnvironment(env)).toEqual({ PATH: '/bin', LOG_LEVEL: 'debug' })
  })

  it('keeps the heap of calendar-service small, and what the operator sets comes last and wins', () => {
    const inherited = { NODE_OPTIONS: '--max-old-space-size=2048', MALLOC_ARENA_MAX: '8' }
    const [plain, told] = [around, { ...around, inherited }].map(
      (surroundings) => serviceEnvironment(databaseServices[2], 1, surroundings) as Record<string, string>,
    )
    expect(told).toMatchObject({
      NODE_OPTIONS: `${plain?.NODE_OPTIONS} --max-old-space-size=2048`,
      MALLOC_ARENA_MAX: '8',
    })
  })

  it('gives calendar-service the heap it has in docker-compose.yml', () => {
    const compose = readFileSync(join(import.meta.dirname, '../../../../docker-compose.yml'), 'utf8')
    expect(compose).toContain(`NODE_OPTIONS: ${environments['calendar-service']?.NODE_OPTIONS}\n`)
    expect(compose).toContain(`MALLOC_ARENA_MAX: ${environments['calendar-service']?.MALLOC_ARENA_MAX}\n`)
  })

  it('survives a password with every awkward character', () => {
    const url = databaseUrl('postgres://a:b@h/postgres', 'role', 'p@:/?#%', 'oauth')
    expect(decodeURIComponent(new URL(url).password)).toBe('p@:/?#%')
  })
})
