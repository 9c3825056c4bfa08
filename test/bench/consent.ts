import { randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { consentAs } from '@evergrant/google-emulator'
import { exportJWK, generateKeyPair } from 'jose'
import { Client } from 'pg'
import { browser } from '../story/browser.ts'
import { numberOption } from './option.ts'
import { startOutside } from './outside.ts'
import { inMs } from './percentiles.ts'
import { type NodeProcess, runToEnd, startService } from './service-process.ts'

const expiredRows = numberOption('expired', 100_000)
const perSecond = 100
const seconds = 10
const callbacks = 100

/** One oauth-service process on durable PostgreSQL: authorizations opened at a steady rate, and the callback before and
 * after many authorizations have expired. Google's own time (the emulator's) is taken off the callback. */
export async function consent(): Promise<readonly string[]> {
  const outside = await startOutside()
  const { postgres, issuer, folder } = outside
  let service: NodeProcess | undefined
  try {
    const databaseUrl = await createDatabase(postgres.url)
    await runToEnd('oauth-service', { MIGRATOR_DATABASE_URL: databaseUrl })
    service = await startService('oauth-service', {
      ...outside.env,
      DATABASE_URL: databaseUrl,
      ...(await keysIn(folder)),
    })
    const { url } = service
    const bearer = (sub: string) => issuer.bearer(sub)
    await callbackTimes(url, bearer, 20)
    const opened = await openAtRate(url, bearer)
    const before = await callbackTimes(url, bearer, callbacks)
    await insertExpired(databaseUrl)
    const after = await callbackTimes(url, bearer, callbacks)
    return [
      `authorizations opened at ${perSecond}/s: ${inMs(opened)}`,
      `callback, exchange included: ${inMs(before)}`,
      `callback beside ${expiredRows} expired authorizations: ${inMs(after)}`,
    ]
  } finally {
    await service?.stop()
    await outside.stop()
  }
}

async function openAtRate(url: string, bearer: Bearer): Promise<readonly number[]> {
  const authorization = await bearer('alice')
  const started = performance.now()
  const times: Promise<number>[] = []
  for (let sent = 0; sent < perSecond * seconds; sent++) {
    const due = started + (sent * 1000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    // From when it was due: a service that falls behind must not be flattered by waiting for it.
    times.push(open(url, authorization).then(() => performance.now() - due))
  }
  return Promise.all(times)
}

async function open(url: string, authorization: string): Promise<string> {
  const response = await fetch(`${url}/v1/authorizations`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ services: ['calendar'] }),
  })
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`)
  return ((await response.json()) as { authorizationUrl: string }).authorizationUrl
}

type Bearer = (sub: string) => Promise<string>

async function callbackTimes(url: string, bearer: Bearer, count: number): Promise<readonly number[]> {
  const times: number[] = []
  const here = (address: string) => address.replace('http://127.0.0.1:8080', url)
  for (let turn = 0; turn < count; turn++) {
    const sub = randomUUID()
    const visitor = browser()
    const google = await visitor.redirectOf(here(await open(url, await bearer(sub))))
    const callback = here(await consentAs(google, { email: `${sub}@example.com` }))
    const started = performance.now()
    const page = await visitor.request(callback)
    times.push(performance.now() - started)
    if (page.status !== 200) throw new Error(`${page.status}: ${await page.text()}`)
  }
  return times
}

/** As a day of links that nobody opened leaves them: secrets still kept, and due to be ended. */
async function insertExpired(databaseUrl: string): Promise<void> {
  const client = new Client(databaseUrl)
  await client.connect()
  await client.query(
    `insert into authorization_secret (authorization_id, ticket_fingerprint, state_fingerprint, sealed_verifier,
       sealed_nonce, expires_at)
     select gen_random_uuid(), md5(n::text), 'bench-' || n, md5(n::text), md5(n::text), now() - interval '1 hour'
     from generate_series(1, $1::int) n`,
    [expiredRows],
  )
  await client.query('analyze authorization_secret')
  await client.end()
}

async function createDatabase(adminUrl: string): Promise<string> {
  const admin = new Client(adminUrl)
  await admin.connect()
  await admin.query('create role evergrant_service nologin')
  await admin.query('create database bench_oauth')
  await admin.end()
  const url = new URL(adminUrl)
  url.pathname = '/bench_oauth'
  return url.href
}

async function keysIn(folder: string) {
  const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
  const file = join(folder, 'secrets.key')
  writeFileSync(file, randomBytes(32).toString('base64url'))
  return { TOKEN_SEALING_PUBLIC_KEY: JSON.stringify(await exportJWK(publicKey)), SECRETS_KEY_FILE: file }
}
