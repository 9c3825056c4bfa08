import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, importJWK } from 'jose'
import type { IService } from 'kubernetes-models/v1'
import { beforeAll, describe, expect, it } from 'vitest'
import * as calendar from '../../services/calendar-service/src/config.ts'
import * as gateway from '../../services/gateway/src/config.ts'
import * as oauth from '../../services/oauth-service/src/config.ts'
import * as token from '../../services/token-service/src/config.ts'
import { environmentOf, filledIn, preparedSecrets, type Secrets, secretsIn } from './given-environment.ts'
import { kustomizations, manifests, named, ofKind, repository, yamlOf } from './manifests.ts'
import { running, selects, services, workload, workloads } from './workloads.ts'

type Read = (env: Readonly<Record<string, string | undefined>>) => Record<string, unknown>
const readers: Readonly<Record<string, Read>> = {
  gateway: gateway.readGatewayConfig,
  'oauth-service': oauth.readOauthConfig,
  'token-service': token.readTokenConfig,
  'calendar-service': calendar.readCalendarConfig,
  'oauth-migration': oauth.readMigrationConfig,
  'token-migration': token.readMigrationConfig,
  'calendar-migration': calendar.readMigrationConfig,
}
interface Compose {
  services: Record<string, { image: string; environment?: Record<string, string>; command?: string[] }>
}
const compose = yamlOf<Compose>(join(repository, 'docker-compose.yml'))[0]?.services ?? {}
const ofNode = ['NODE_OPTIONS', 'MALLOC_ARENA_MAX']

let secrets: Secrets
beforeAll(() => {
  secrets = secretsIn(preparedSecrets().stdout)
})

describe.each(Object.entries(readers))('the environment of %s', (name, read) => {
  it('is one that its configuration accepts', () => {
    expect(read(environmentOf(workload(name), secrets))).toBeDefined()
  })

  it('names nothing that nobody reads', () => {
    const given = environmentOf(workload(name), secrets)
    const asked = new Set<string>()
    const watched = new Proxy(given, { get: (env, key) => asked.add(String(key)) && env[String(key)] })
    read(watched)
    expect(Object.keys(given).filter((key) => !asked.has(key) && !ofNode.includes(key))).toEqual([])
  })

  it('has the memory settings that it has in compose', () => {
    const given = environmentOf(workload(name), secrets)
    for (const key of ofNode) expect(given[key]).toEqual(compose[name]?.environment?.[key]?.toString())
  })

  it('holds no password in the manifest', () => {
    for (const { name: variable, value } of workload(name).container.env ?? [])
      expect(value ?? '', variable).not.toMatch(/:[^/$]*@|BEGIN|"d":/)
  })
})

describe('addresses', () => {
  const addresses = () =>
    Object.entries(readers).flatMap(([name]) =>
      Object.entries(environmentOf(workload(name), secrets)).flatMap(([key, value]) =>
        /(_URLS|NATS_URL|DATABASE_URL)$/.test(key) ? value.split(',').map((url) => new URL(url)) : [],
      ),
    )
  const cluster = ofKind('Cluster')[0]?.metadata.name

  it('of other processes are those of Services that reach a pod', () => {
    const wrong = addresses().filter(({ hostname, port }) => {
      if (hostname === `${cluster}-rw`) return port !== '5432'
      const { spec } = named<IService>('Service', hostname)
      const door = spec?.ports?.find((one) => String(one.port) === port)
      const target = running.find(({ labels }) => selects({ matchLabels: spec?.selector ?? {} }, labels))
      return !target?.container.ports?.some(({ name }) => name === door?.targetPort)
    })
    expect(wrong.map(({ host }) => host)).toEqual([])
    expect(addresses().length).toBe(12)
  })

  it('of a service’s database are its own', () => {
    for (const context of ['oauth', 'token', 'calendar']) {
      const url = new URL(environmentOf(workload(`${context}-service`), secrets).DATABASE_URL ?? '')
      expect([url.username, url.pathname]).toEqual([`${context}_service`, `/${context}`])
    }
  })
})

describe('secrets', () => {
  it('are nowhere in the manifests', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
    expect(kustomizations.filter((kustomization) => 'secretGenerator' in kustomization)).toEqual([])
  })

  it('that pods name are made by secrets.mjs, and no others; only PostgreSQL’s operator makes its own', () => {
    const asked = new Set<string>()
    for (const { container, pod } of workloads) {
      for (const { valueFrom } of container.env ?? [])
        if (valueFrom?.secretKeyRef) asked.add(`${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`)
      for (const { secret } of pod.volumes ?? [])
        for (const key of secret?.items?.map((item) => item.key) ??
          Object.keys(secrets[secret?.secretName ?? ''] ?? {}))
          asked.add(`${secret?.secretName} ${key}`)
    }
    const made = Object.entries(secrets).flatMap(([name, data]) =>
      Object.keys(data).map((key) => `${name} ${key}`),
    )
    expect([...asked].sort()).toEqual(
      [...made, 'postgres-superuser username', 'postgres-superuser password'].sort(),
    )
  })

  it('go to the pods whose they are', () => {
    const holders = (secret: string) =>
      workloads
        .filter(({ container, pod }) => JSON.stringify([container.env, pod.volumes]).includes(`"${secret}"`))
        .map(({ name }) => name)
        .sort()
    expect(holders('token-service-keys')).toEqual(['token-service'])
    expect(holders('oauth-service-keys')).toEqual(['oauth-service'])
    expect(holders('calendar-service-login')).toEqual(['calendar-service', 'provision-databases'])
    expect(holders('google-client')).toEqual(['oauth-service', 'token-service'])
    expect(holders('postgres-superuser')).toEqual(['provision-databases'])
    expect(holders('migrator-login')).toEqual([
      'calendar-migration',
      'oauth-migration',
      'provision-databases',
      'token-migration',
    ])
  })

  it('fit: what oauth-service seals, token-service opens', async () => {
    const sealing = secrets['oauth-service-keys']?.['token-sealing-public-key'] ?? ''
    const { d: _, ...opening } = JSON.parse(secrets['token-service-keys']?.['token-sealing-key'] ?? '')
    expect(await exportJWK(await importJWK(JSON.parse(sealing)))).toEqual(
      await exportJWK(await importJWK(opening)),
    )
  })

  it('are not printed while one is missing; the message names it and no value', () => {
    const { status, stdout, stderr } = preparedSecrets((env) =>
      filledIn(env).replace(/^NATS_CLUSTER_PASSWORD=.*$/m, ''),
    )
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe('Not in .env, or empty: NATS_CLUSTER_PASSWORD\n')
  })
})

describe('the script that provisions the databases', () => {
  it('is given every variable it names', () => {
    const script = readFileSync(join(repository, 'infra/postgres/10-provision.sh'), 'utf8')
    const wanted = [...script.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name]) => name ?? '')
    expect(wanted.length).toBeGreaterThan(4)
    const { container } = workload('provision-databases')
    const given = container.env?.map(({ name }) => name)
    expect(given).toEqual(expect.arrayContaining([...wanted, 'PGHOST', 'PGPASSWORD']))
  })
})

describe('images', () => {
  const inCompose: Readonly<Record<string, string>> = { 'provision-databases': 'postgres' }

  it.each(workloads.map(({ name, container }) => [name, container]))(
    'of %s is the one of compose',
    (name, container) => {
      expect(container.image).toBe(compose[inCompose[name] ?? name]?.image)
    },
  )

  it('of migrations run what compose runs', () => {
    for (const name of ['oauth-migration', 'token-migration', 'calendar-migration'])
      expect(workload(name).container.command).toEqual(compose[name]?.command)
    expect(services).toHaveLength(4)
  })
})
