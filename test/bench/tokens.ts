import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { connectEventBus } from '@evergrant/event-bus'
import { consentAs } from '@evergrant/google-emulator'
import { systemClock } from '@evergrant/service-runtime'
import { apiClient } from '../story/api-client.ts'
import { browser } from '../story/browser.ts'
import { type RunningStack, startStack } from '../story/running-stack.ts'
import { load } from './load.ts'
import { inMs, percentile } from './percentiles.ts'

const seconds = 8
const replicas = 4
const agent = new Agent({ keepAlive: true, maxSockets: 1_100 })

/** Borrowing access tokens on the embedded stack: warm, while a refresh runs, and a thousand callers for one dead token. */
export async function tokens(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
  const stack = await startStack(join(folder, 'data'), {
    arguments: ['--scale', `token-service=${replicas}`],
  })
  try {
    const bearer = `Bearer ${await stack.token('bench', 'tokens:read')}`
    return [
      ...(await warmOverHttp(stack, bearer)),
      ...(await warmOverNats(stack)),
      ...(await duringARefresh(stack, bearer)),
      await manyCallers(stack, bearer, 3_000),
      await manyCallers(stack, bearer, 13_000),
    ]
  } finally {
    agent.destroy()
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function warmOverHttp(stack: RunningStack, bearer: string): Promise<string[]> {
  const connectionId = await connected(stack)
  const [service] = tokenServices(stack)
  const vend = () => post(`${service}/v1/connections/${connectionId}/access-token`, bearer)
  await load({ callers: 4, seconds: 2 }, vend)
  const bare = await startBare()
  try {
    const bareCall = () => post(bare.url, bearer)
    await load({ callers: 4, seconds: 2 }, bareCall)
    const one = await load({ callers: 1, seconds }, vend)
    const bareMany = await load({ callers: 64, seconds }, bareCall)
    const many = await load({ callers: 64, seconds }, vend)
    return [
      `warm vend over HTTP, 1 caller: ${inMs(one.times)}`,
      `warm vend over HTTP, 64 callers: ${inMs(many.times)}, ${many.perSecond.toFixed(0)}/s`,
      `bare Fastify with the same JSON, 64 callers: ${bareMany.perSecond.toFixed(0)}/s; ratio ${(many.perSecond / bareMany.perSecond).toFixed(2)}`,
    ]
  } finally {
    await bare.stop()
  }
}

async function warmOverNats(stack: RunningStack): Promise<string[]> {
  const connectionId = await connected(stack)
  const bus = await connectEventBus({ url: stack.endpoints().nats.url, name: 'bench', clock: systemClock })
  try {
    const vend = async () => {
      const reply = await bus.request(
        'evergrant.token.access-token.get',
        { connectionId },
        { timeoutMs: 5_000 },
      )
      if (!reply.ok) throw new Error(`a vend over NATS answered ${reply.code}`)
    }
    await load({ callers: 8, seconds: 2 }, vend)
    const one = await load({ callers: 1, seconds }, vend)
    const many = await load({ callers: 64, seconds }, vend)
    return [
      `warm vend over NATS, 1 caller: ${inMs(one.times)}`,
      `warm vend over NATS, 64 callers: ${inMs(many.times)}, ${many.perSecond.toFixed(0)}/s`,
    ]
  } finally {
    await bus.close()
  }
}

/** Readers of a usable token while the refresh behind it takes three seconds. */
async function duringARefresh(stack: RunningStack, bearer: string): Promise<string[]> {
  const connectionId = await connected(stack)
  const [service] = tokenServices(stack)
  const url = `${service}/v1/connections/${connectionId}/access-token`
  const vend = () => post(url, bearer)
  await load({ callers: 4, seconds: 2 }, vend)
  const idle = await load({ callers: 8, seconds: 3 }, vend)
  await control(stack, 'POST', 'faults', { path: '/token', delayMs: 3_000, times: 1 })
  const refreshing = post(url, bearer, { rejectedGeneration: 1 })
  const busy = await load({ callers: 8, seconds: 3 }, vend)
  await refreshing
  const ratio = percentile(busy.times, 0.99) / percentile(idle.times, 0.99)
  return [
    `readers, idle: ${inMs(idle.times)}`,
    `readers during a refresh: ${inMs(busy.times)}; p99 ratio ${ratio.toFixed(2)}`,
  ]
}

async function manyCallers(stack: RunningStack, bearer: string, providerMs: number): Promise<string> {
  const connectionId = await connected(stack)
  const services = tokenServices(stack)
  await control(stack, 'DELETE', 'requests')
  await control(stack, 'POST', 'faults', { path: '/token', delayMs: providerMs, times: null })
  const times: number[] = []
  let errors = 0
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, caller) => {
      const began = performance.now()
      const url = `${services[caller % services.length]}/v1/connections/${connectionId}/access-token`
      await post(url, bearer, { rejectedGeneration: 1 }).catch(() => {
        errors += 1
      })
      times.push(performance.now() - began)
    }),
  )
  await control(stack, 'DELETE', 'faults')
  const { items } = (await control(stack, 'GET', 'requests?path=/token')) as {
    items: { form: { grant_type?: string } }[]
  }
  const calls = items.filter(({ form }) => form.grant_type === 'refresh_token').length
  return `1,000 callers over ${services.length} replicas, provider ${providerMs / 1000} s: ${calls} call(s), ${errors} errors, ${inMs(times)}`
}

function tokenServices(stack: RunningStack): string[] {
  return stack
    .endpoints()
    .services.filter(({ name }) => name === 'token-service')
    .map(({ url }) => url)
}

/** A user with a new connection. @returns its id. */
async function connected(stack: RunningStack): Promise<string> {
  const sub = randomUUID()
  const token = await stack.token(sub)
  const api = apiClient(
    () => stack.endpoints().gateway,
    () => token,
  )
  const { body } = await api.post('/v1/authorizations', { services: ['calendar'] })
  const visitor = browser()
  const google = await visitor.redirectOf((body as { authorizationUrl: string }).authorizationUrl)
  await visitor.request(await consentAs(google, { email: `${sub}@example.com` }))
  for (;;) {
    const { items } = (await api.get('/v1/connections')).body as { items: { id: string; status: string }[] }
    const [first] = items
    if (first?.status === 'active') return first.id
    await delay(20)
  }
}

async function control(stack: RunningStack, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${stack.endpoints().google.issuer}/emulator/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return text === '' ? undefined : JSON.parse(text)
}

/** node:http with kept-alive sockets: a client that costs less than what it measures. */
function post(url: string, authorization: string, body: object = {}): Promise<void> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': text.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(text)
  })
}

async function startBare() {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-fastify.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url } = JSON.parse(line) as { url: string }
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
