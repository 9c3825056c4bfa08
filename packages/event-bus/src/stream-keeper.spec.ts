import type { NatsConnection } from 'nats'
import { describe, expect, it, vi } from 'vitest'
import { apiErrorCodes } from './jetstream-api.ts'
import type { Link } from './link.ts'
import { createStreamKeeper } from './streams.ts'

const stream = { name: 'TOKEN', subjects: ['evergrant.token.*.v1'] }

/** A server whose answers can be lost: what was asked is done all the same. */
function startServer() {
  const stored = new Map<string, unknown>()
  const reconnects = new Set<() => void>()
  let unheard = 0
  let epoch = 1
  const answer = (subject: string, body: string) => {
    const [, verb, name = ''] = subject.replace('$JS.API.', '').split('.')
    if (verb !== 'INFO') stored.set(name, JSON.parse(body))
    if (verb !== 'INFO' && unheard-- > 0) throw new Error('TIMEOUT')
    const config = stored.get(name)
    return config ? { config } : { error: { code: 404, err_code: apiErrorCodes.streamNotFound } }
  }
  const connection = {
    info: { version: '2.12.1' },
    request: async (subject: string, body: string) => {
      const said = answer(subject, body)
      return { json: () => said }
    },
  } as unknown as NatsConnection
  const link = {
    live: () => connection,
    epoch: () => epoch,
    closing: new AbortController().signal,
    report: () => undefined,
    onConnect: (listener: () => void) => {
      reconnects.add(listener)
      return () => reconnects.delete(listener)
    },
  } as unknown as Link
  return {
    link,
    loseEverything: () => stored.clear(),
    loseAnswersToChanges: (count: number) => {
      unheard = count
    },
    reconnect: () => {
      epoch++
      for (const listener of reconnects) listener()
    },
  }
}

async function keepDeclared() {
  const server = startServer()
  const keeper = createStreamKeeper(server.link)
  await keeper.declare(stream)
  const told = vi.fn()
  keeper.onRestored(told)
  return { ...server, keeper, told }
}

describe('whoever waits for lost streams', () => {
  it('is told of one that was missing, once', async () => {
    const { keeper, loseEverything, told } = await keepDeclared()
    loseEverything()
    keeper.recheck()
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
    keeper.recheck()
    await settled()
    expect(told).toHaveBeenCalledTimes(1)
  })

  it('is told although the answer to its creation got lost', async () => {
    const { keeper, loseEverything, loseAnswersToChanges, told } = await keepDeclared()
    loseEverything()
    loseAnswersToChanges(1)
    keeper.recheck()
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
  })

  it('is told of every reconnect, also of one that comes during another look', async () => {
    const { keeper, reconnect, told } = await keepDeclared()
    keeper.recheck()
    reconnect()
    keeper.recheck()
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
  })

  it('hears nothing while nothing is lost', async () => {
    const { keeper, told } = await keepDeclared()
    keeper.recheck()
    await settled()
    expect(told).not.toHaveBeenCalled()
  })
})

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
