import { DomainError } from '@evergrant/decider'
import { describe, expect, it, vi } from 'vitest'
import { storeErrors } from '../errors.ts'
import { handleCommand } from './handle-command.ts'
import { createInMemoryEventStore } from './in-memory-event-store.ts'

const store = createInMemoryEventStore({
  source: 'token-service',
  facts: { Counted: { schemaVersion: 1 } },
  projections: [],
  clock: { now: () => new Date('2026-11-23T10:00:00.000Z') },
})

type Command = 'count' | 'nothing' | 'break'
const counter = {
  initialState: 0,
  decide: (command: Command) => {
    if (command === 'break') throw new DomainError('conflict', 'grant_revoked', 'No.')
    return command === 'count' ? [{ type: 'Counted', data: {} }] : []
  },
  evolve: (state: number) => state + 1,
}
const handling = (streamId: string, command: Command) => ({
  decider: counter,
  streamId,
  streamType: 'counter',
  command,
  metadata: { actor: { kind: 'schedule' as const }, correlationId: 'c' },
})

describe('handleCommand', () => {
  it('answers the state and the facts a command led to', async () => {
    expect(await handleCommand(store, handling('one', 'count'))).toMatchObject({
      state: 1,
      version: 1,
      facts: [{ type: 'Counted', version: 1 }],
    })
  })

  it('writes nothing and calls nobody when there is nothing to do', async () => {
    let called = false
    const alongside = async () => {
      called = true
    }
    const outcome = await handleCommand(store, { ...handling('idle', 'nothing'), alongside })
    expect(outcome).toEqual({ state: 0, facts: [], version: 0 })
    expect(called).toBe(false)
  })

  it('decides on a snapshot where there is one, and appends after its version', async () => {
    await handleCommand(store, handling('long', 'count'))
    const readSnapshot = async () => ({ state: 41, version: 1 })
    expect(await handleCommand(store, { ...handling('long', 'count'), readSnapshot })).toMatchObject({
      state: 42,
      version: 2,
    })
    await expect(handleCommand(store, { ...handling('long', 'count'), readSnapshot })).rejects.toMatchObject({
      code: 'stream_moved_on',
    })
    const nothing = async () => undefined
    expect(await handleCommand(store, { ...handling('long', 'count'), readSnapshot: nothing })).toMatchObject(
      {
        state: 3,
        version: 3,
      },
    )
  })

  it('decides on what the caller knows, and once more on what is read where that was old', async () => {
    const at = (state: number, version: number) => ({ known: async () => ({ state, version }) })
    await handleCommand(store, handling('known', 'count'))
    const read = vi.spyOn(store, 'transaction')
    expect(await handleCommand(store, { ...handling('known', 'count'), ...at(1, 1) })).toMatchObject({
      ...{ state: 2, version: 2 },
    })
    expect(read).toHaveBeenCalledTimes(1)
    expect(await handleCommand(store, { ...handling('known', 'count'), ...at(1, 1) })).toMatchObject({
      ...{ state: 3, version: 3 },
    })
    expect(read).toHaveBeenCalledTimes(3)
    read.mockRestore()
  })

  it('believes neither a refusal nor “nothing to do” that an old state led to', async () => {
    const decider = {
      initialState: 0,
      decide: (_: 'count', state: number) => {
        if (state === 100) throw storeErrors.no_database_transaction()
        return state === 99 ? [] : [{ type: 'Counted', data: {} }]
      },
      evolve: (state: number) => state + 1,
    }
    for (const old of [99, 100]) {
      const known = async () => ({ state: old, version: 7 })
      const { state, facts } = await handleCommand(store, {
        ...{ decider, streamType: 'thing', streamId: `old-${old}`, command: 'count' as const, known },
        metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
      })
      expect([state, facts.length]).toEqual([1, 1])
    }
  })

  it('passes on what the decision refuses with', async () => {
    await expect(handleCommand(store, handling('refusing', 'break'))).rejects.toMatchObject({
      code: 'grant_revoked',
    })
  })

  it('counts the facts of a repeated command once and does not run its side again', async () => {
    let sides = 0
    const once = {
      ...handling('repeated', 'count'),
      commandId: 'command-1',
      alongside: async () => {
        sides++
      },
    }
    const first = await handleCommand(store, once)
    expect(await handleCommand(store, once)).toEqual(first)
    expect(sides).toBe(1)
  })

  it('undoes the facts when what must commit with them fails', async () => {
    const alongside = async () => {
      throw new Error('vault is away')
    }
    await expect(handleCommand(store, { ...handling('undone', 'count'), alongside })).rejects.toThrow(
      'vault is away',
    )
    expect((await store.readStream('undone')).version).toBe(0)
  })

  it('gives up after five lost races', async () => {
    let attempts = 0
    const losing = {
      ...store,
      transaction: async () => {
        attempts++
        throw new DomainError('conflict', 'stream_moved_on', 'moved')
      },
    }
    await expect(handleCommand(losing, handling('busy', 'count'))).rejects.toMatchObject({
      code: 'stream_moved_on',
    })
    expect(attempts).toBe(5)
  })
})
