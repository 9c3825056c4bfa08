import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ProviderPolicy } from './domain/provider-policy.ts'
import { type ProviderStage, startRotatingProvider } from './testing/rotating-provider.ts'
import { useTokenWorld } from './testing.ts'

const program = fileURLToPath(new URL('./testing/replica-process.ts', import.meta.url))

interface DeathPoint {
  readonly point: string
  readonly at: ProviderStage | null
  /** Whether the provider has replaced the refresh token and nobody recorded the new one. */
  readonly loses: boolean
}
const points: readonly DeathPoint[] = [
  { point: 'before_started', at: null, loses: false },
  { point: 'after_started', at: null, loses: false },
  { point: 'with the request at the provider', at: 'received', loses: false },
  { point: 'with the request done and no answer', at: 'processed', loses: true },
  { point: 'with half an answer', at: 'answering', loses: true },
  { point: 'after_answer', at: null, loses: true },
  { point: 'before_commit', at: null, loses: true },
  { point: 'after_recorded', at: null, loses: false },
]
const policies: readonly { readonly words: string; readonly policy: ProviderPolicy }[] = [
  { words: 'non_rotating', policy: { kind: 'non_rotating' } },
  { words: 'replay_window:120', policy: { kind: 'replay_window', windowSeconds: 120 } },
  { words: 'strict', policy: { kind: 'strict' } },
]

describe.each(policies)(
  'a process killed while it refreshes with a provider that is $words',
  ({ words, policy }) => {
    const world = useTokenWorld()
    let provider: Awaited<ReturnType<typeof startRotatingProvider>>
    let child: ChildProcess | undefined

    beforeAll(async () => {
      provider = await startRotatingProvider(policy)
    })
    afterEach(() => {
      child?.kill('SIGKILL')
    })
    afterAll(() => provider.close())

    const startChild = async (instanceId: string, point: string) => {
      const env = world.environment({ instanceId, refreshTokenPolicy: words, issuer: provider.url })
      child = spawn(process.execPath, [program, point], { env, stdio: ['ignore', 'pipe', 'ignore'] })
      if (!child.stdout) throw new TypeError('the replica has no output')
      for await (const line of createInterface({ input: child.stdout })) {
        const said: { replica?: string } = JSON.parse(line)
        if (said.replica !== undefined) return { process: child, url: said.replica }
      }
      throw new Error('the replica ended before it was ready')
    }

    it.each(points)(
      'resolves what death $point left open, and labels it truthfully',
      async ({ point, at, loses }) => {
        const instanceId = `replica-${at ?? point}`
        const tokens = provider.model.consent(Date.now())
        const dying = await startChild(instanceId, point)
        const user = await world.issue({ expiresInSeconds: 20, from: { issuer: provider.url, ...tokens } })
        await world.connection(dying, user)
        const death = once(dying.process, 'exit')
        if (at !== null) provider.once(at, () => dying.process.kill('SIGKILL'))
        const cutOff = world.vend(dying, user, { minValiditySeconds: 600 }).catch(() => undefined)
        expect((await death)[1]).toBe('SIGKILL')
        await cutOff

        const reborn = await world.start({ instanceId, refreshTokenPolicy: words, issuer: provider.url })
        if (loses && policy.kind === 'strict') {
          await world.connection(reborn, user, {
            is: { status: 'needs_reauthorization', reason: 'rotation_lost' },
          })
        } else {
          const { status, body } = await world.vend(reborn, user, { minValiditySeconds: 600 })
          expect([status, body.generation]).toEqual([200, 2])
          expect(provider.model.works(body.accessToken ?? '', Date.now())).toBe(true)
        }
        await reborn.stop()
      },
    )
  },
)
