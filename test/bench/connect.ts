import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { consentAs } from '@evergrant/google-emulator'
import { apiClient } from '../story/api-client.ts'
import { browser } from '../story/browser.ts'
import { startStack } from '../story/running-stack.ts'
import { inMs } from './percentiles.ts'

const rounds = 50
const warmUp = 5

/** From the click on the link to the connection that is `active`, on the embedded stack; the time spent on Google's page
 * is left out, the code exchange is part of it. */
export async function connect(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
  const stack = await startStack(join(folder, 'data'))
  try {
    const times: number[] = []
    for (let round = 0; round < rounds + warmUp; round++) {
      const sub = randomUUID()
      const token = await stack.token(sub)
      const api = apiClient(
        () => stack.endpoints().gateway,
        () => token,
      )
      const { body } = await api.post('/v1/authorizations', { services: ['calendar'] })
      const { authorizationUrl } = body as { authorizationUrl: string }
      const visitor = browser()
      const clicked = performance.now()
      const google = await visitor.redirectOf(authorizationUrl)
      const there = performance.now()
      const callback = await consentAs(google, { email: `${sub}@example.com` })
      const back = performance.now()
      await visitor.request(callback)
      for (;;) {
        const { items } = (await api.get('/v1/connections')).body as { items: { status: string }[] }
        if (items[0]?.status === 'active') break
        await delay(5)
      }
      times.push(performance.now() - clicked - (back - there))
    }
    return [`click → active, besides the time at Google: ${inMs(times.slice(warmUp))}`]
  } finally {
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
