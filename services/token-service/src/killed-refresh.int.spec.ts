import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ProviderPolicy } from './domain/provider-policy.ts'
import { type ProviderStage, startRotatingProvider } from './testing/rotating-provider.ts'
import { type Connected, useTokenWorld } from './testing.ts'

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
  { point: 'after_recorded', at: null, loses: false },
  // Last: it holds a transaction open.
  { point: 'before_commit', at: null, loses: true },
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
    const connected = new Map<string, Connected>()
    let provider: Awaited<ReturnType<typeof startRotatingProvider>>
    let child: ChildProcess | undefined
    let reborn: Awaited<ReturnType<typeof world.start>>

    beforeAll(async () => {
      provider = await startRotatingProvider(policy)
      const options = { instanceId: 'replica', refreshTokenPolicy: words, issuer: provider.url }
      const dying = await startReplica(world.environment(options))
      child = dying.process
      const cutOff: Promise<unknown>[] = []
      for (const { point, at } of points) {
        const tokens = provider.consent()
        let stopped = false
        if (at !== null) {
          provider.once(at, () => {
            stopped = true
          })
        }
        const user = await world.issue({ expiresInSeconds: 20, from: { issuer: provider.url, ...tokens } })
        connected.set(point, user)
        await world.connection(dying, user)
        cutOff.push(world.vend(dying, user, { minValiditySeconds: 600 }).catch(() => undefined))
        await vi.waitFor(() => expect(stopped || dying.stoppedAt.includes(point)).toBe(true), {
          timeout: 10_000,
        })
      }
      const death = once(dying.process, 'exit')
      dying.process.kill('SIGKILL')
      await Promise.all([death, ...cutOff])
      reborn = await world.start(options)
    })
    afterAll(async () => {
      child?.kill('SIGKILL')
      await provider?.close()
    })

    it.each(points)('resolves what death $point left open, and labels it truthfully', async (death) => {
      const user = connected.get(death.point)
      if (!user) throw new Error('nobody was connected')
      if (death.loses && policy.kind === 'strict') {
        await world.connection(reborn, user, {
          is: { status: 'needs_reauthorization', reason: 'rotation_lost' },
        })
        return
      }
      const { status, body } = await world.vend(reborn, user, { minValiditySeconds: 600 })
      expect([status, body.generation]).toEqual([200, 2])
      expect(provider.works(body.accessToken ?? '')).toBe(true)
    })
  },
)

async function startReplica(env: NodeJS.ProcessEnv) {
  const replica = spawn(process.execPath, [program, ...points.map(({ point }) => point)], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (!replica.stdout) throw new TypeError('the replica has no output')
  const stoppedAt: string[] = []
  const lines = createInterface({ input: replica.stdout })
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const said: { replica?: string; stoppedAt?: string } = JSON.parse(line)
      if (said.replica !== undefined) resolve(said.replica)
      if (said.stoppedAt !== undefined) stoppedAt.push(said.stoppedAt)
    })
    lines.once('close', () => reject(new Error('the replica ended before it was ready')))
  })
  return { process: replica, url, stoppedAt }
}
