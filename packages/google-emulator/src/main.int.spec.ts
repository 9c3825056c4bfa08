import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { consentAs } from './consent-as.ts'
import type { Dump } from './control/dump.ts'
import { digest, newSecret } from './fingerprint.ts'
import { defaultClient } from './oauth/client.ts'

const main = new URL('./main.ts', import.meta.url).pathname
const redirectUri = 'http://127.0.0.1:9/callback'
const scope = 'https://www.googleapis.com/auth/calendar'
const verifier = newSecret('')

let directory: string
const started: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'google-emulator-'))
})

afterEach(async () => {
  for (const process of started.splice(0)) await kill(process)
  await rm(directory, { recursive: true })
})

async function start(port = 0): Promise<{ url: string; process: ChildProcess }> {
  const env = { PATH: '', PORT: String(port), STATE_FILE: join(directory, 'google.json') }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as { msg: string; url: string }
    if (line.msg === 'ready') return { url: line.url, process: child }
  }
  throw new Error('the emulator ended before it was ready')
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function tokenRequest(url: string, fields: Readonly<Record<string, string>>) {
  const client = { client_id: defaultClient.clientId, client_secret: defaultClient.clientSecret }
  const answer = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...client, ...fields }),
  })
  return (await answer.json()) as { access_token: string; refresh_token: string; error?: string }
}

async function connect(url: string, email: string) {
  const query = new URLSearchParams({
    client_id: defaultClient.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    code_challenge: digest(verifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
  })
  const redirect = await consentAs(`${url}/o/oauth2/v2/auth?${query}`, { email })
  const code = new URL(redirect).searchParams.get('code') ?? ''
  const fields = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }
  return tokenRequest(url, fields)
}

const refresh = (url: string, refreshToken: string) =>
  tokenRequest(url, { grant_type: 'refresh_token', refresh_token: refreshToken })

async function listed(url: string, accessToken: string, query = '') {
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await fetch(`${url}/calendar/v3/calendars/primary/events${query}`, { headers })
  return (await answer.json()) as { items: { id: string }[]; nextSyncToken: string; nextPageToken: string }
}

const insert = (url: string, accessToken: string, id: string) =>
  fetch(`${url}/calendar/v3/calendars/primary/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ id, start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }),
  })

async function contents(url: string) {
  const { mailboxes, drives } = (await (await fetch(`${url}/emulator/state`)).json()) as Dump
  return { mailboxes, drives }
}

describe('a killed and restarted emulator', () => {
  it('still knows accounts, grants, tokens, events and cursors', async () => {
    const first = await start()
    const { access_token: access, refresh_token: token } = await connect(first.url, 'carol@example.com')
    const { nextSyncToken } = await listed(first.url, access)
    await insert(first.url, access, 'kept00')
    await kill(first.process)
    const second = await start(Number(new URL(first.url).port))
    expect(second.url).toBe(first.url)
    expect(await refresh(second.url, token)).toHaveProperty('access_token')
    const delta = await listed(second.url, access, `?syncToken=${nextSyncToken}`)
    expect(delta.items.map((event) => event.id)).toEqual(['kept00'])
  })

  it('still has mailboxes with their history and drives with their changes', async () => {
    const first = await start()
    const control = (path: string, body: object) =>
      fetch(`${first.url}/emulator${path}`, { method: 'POST', body: JSON.stringify(body) })
    await control('/mailboxes/alice@example.com/seed', { count: 20, seed: 1 })
    await control('/drives', { id: 'team', name: 'Team', members: ['bob@example.com'] })
    await control('/drives/team/seed', { count: 5, seed: 1 })
    const before = await contents(first.url)
    await kill(first.process)
    const second = await start()
    expect(await contents(second.url)).toEqual(before)
    await fetch(`${second.url}/emulator/drives/team/files`, { method: 'POST', body: '{"id":"next"}' })
    const files = (await contents(second.url)).drives.find(({ where }) => where === 'team')?.files ?? []
    const versions = files.map(({ version }) => Number(version))
    expect(Math.max(...versions)).toBe(versions.at(-1))
  })

  it('signs with the same key, so that a client that just read the keys finds it', async () => {
    const first = await start()
    const keysOf = async (url: string) => (await fetch(`${url}/oauth2/v3/certs`)).json()
    const before = await keysOf(first.url)
    await kill(first.process)
    const second = await start()
    expect(await keysOf(second.url)).toEqual(before)
  })

  it('lets a client go on paging where it was', async () => {
    const first = await start()
    const { access_token: access } = await connect(first.url, 'carol@example.com')
    for (const id of ['aaaaa', 'bbbbb', 'ccccc']) await insert(first.url, access, id)
    const { nextPageToken } = await listed(first.url, access, '?maxResults=1')
    await kill(first.process)
    const second = await start(Number(new URL(first.url).port))
    const rest = await listed(second.url, access, `?maxResults=9&pageToken=${nextPageToken}`)
    expect(rest.items.map((event) => event.id)).toEqual(['bbbbb', 'ccccc'])
    expect(rest.nextSyncToken).toBeTypeOf('string')
  })

  it('does not bring a revoked grant or a used code back', async () => {
    const first = await start()
    const { refresh_token: token } = await connect(first.url, 'alice@example.com')
    await fetch(`${first.url}/revoke?token=${token}`, { method: 'POST' })
    await kill(first.process)
    const second = await start()
    expect(await refresh(second.url, token)).toMatchObject({ error: 'invalid_grant' })
  })

  it('keeps no token in clear and lets nobody else read its files', async () => {
    const { url } = await start()
    const tokens = await connect(url, 'alice@example.com')
    await refresh(url, tokens.refresh_token)
    const files = await readdir(directory)
    const names = [
      'google.json',
      ...['calendars', 'channels', 'drives', 'mailboxes', 'signing-key'].map((part) => `google.json.${part}`),
    ]
    expect(files.toSorted()).toEqual(names)
    for (const file of files) {
      const path = join(directory, file)
      const text = await readFile(path, 'utf8')
      expect(text).not.toContain(tokens.refresh_token)
      expect(text).not.toContain(tokens.access_token)
      expect((await stat(path)).mode & 0o077).toBe(0)
    }
  })

  it('stops on SIGTERM with exit code 0', async () => {
    const { process: child } = await start()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
