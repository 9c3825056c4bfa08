import { contracts, publication } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import type { Append, EventStore, FactCatalogue } from '../log/event-store.ts'
import { handleCommand } from '../log/handle-command.ts'

/** Facts the contract suite appends; `Noted` is at its second schema version. */
export const contractFacts: FactCatalogue = {
  Noted: { schemaVersion: 2, upcasters: { 1: (data) => ({ ...data, upcasted: true }) } },
  Counted: { schemaVersion: 1 },
}

let streams = 0
const newStream = () => `thing-${process.pid}-${++streams}`

const note = (text: string) => ({ type: 'Noted', data: { text } })
const revoked = publication(contracts.grantRevoked, contracts.grantRevoked.example)

function appendTo(streamId: string, append: Partial<Append> = {}): Append {
  return {
    streamId,
    streamType: 'thing',
    expectedVersion: 'any',
    facts: [note('a')],
    metadata: { actor: { kind: 'schedule' }, correlationId: 'c-1' },
    ...append,
  }
}

const append = (store: EventStore, what: Append) => store.transaction((unit) => unit.append(what))

/** The promises of the port, run against every implementation. `published` answers a stream's `ce-id`s in order. */
export function eventStoreContract(
  storeOf: () => EventStore,
  published: (streamId: string) => Promise<readonly string[]>,
): void {
  describe('expected versions', () => {
    it('accepts the exact version and refuses any other', async () => {
      const id = newStream()
      expect(await append(storeOf(), appendTo(id, { expectedVersion: 0 }))).toMatchObject({ version: 1 })
      expect(await append(storeOf(), appendTo(id, { expectedVersion: 1 }))).toMatchObject({ version: 2 })
      for (const expectedVersion of [0, 1, 3]) {
        await expect(append(storeOf(), appendTo(id, { expectedVersion }))).rejects.toMatchObject({
          kind: 'conflict',
          code: 'stream_moved_on',
        })
      }
      expect((await storeOf().readStream(id)).version).toBe(2)
    })

    it('holds the words to what they say', async () => {
      const id = newStream()
      const moved = expect.objectContaining({ code: 'stream_moved_on' })
      await expect(append(storeOf(), appendTo(id, { expectedVersion: 'stream_exists' }))).rejects.toEqual(
        moved,
      )
      await append(storeOf(), appendTo(id, { expectedVersion: 'no_stream' }))
      await expect(append(storeOf(), appendTo(id, { expectedVersion: 'no_stream' }))).rejects.toEqual(moved)
      await append(storeOf(), appendTo(id, { expectedVersion: 'stream_exists' }))
      expect(await append(storeOf(), appendTo(id, { expectedVersion: 'any' }))).toMatchObject({ version: 3 })
    })

    it('lets exactly one of many concurrent writers win', async () => {
      const id = newStream()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, () => append(storeOf(), appendTo(id, { expectedVersion: 'no_stream' }))),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect((await storeOf().readStream(id)).facts).toHaveLength(1)
    })
  })

  describe('a transaction', () => {
    it('leaves nothing behind when it throws', async () => {
      const id = newStream()
      const work = storeOf().transaction(async (unit) => {
        await unit.append(appendTo(id, { publications: [revoked] }))
        expect((await unit.readStream(id)).version).toBe(1)
        throw new Error('changed my mind')
      })
      await expect(work).rejects.toThrow('changed my mind')
      expect(await storeOf().readStream(id)).toEqual({ version: 0, facts: [] })
      expect(await published(id)).toEqual([])
    })

    it('commits several streams together', async () => {
      const [one, two] = [newStream(), newStream()]
      await storeOf().transaction(async (unit) => {
        await unit.append(appendTo(one))
        await unit.append(appendTo(two))
      })
      expect((await storeOf().readStream(one)).version).toBe(1)
      expect((await storeOf().readStream(two)).version).toBe(1)
    })

    it('goes on after a refused append, which wrote nothing', async () => {
      const id = newStream()
      await storeOf().transaction(async (unit) => {
        await expect(unit.append(appendTo(id, { expectedVersion: 7 }))).rejects.toMatchObject({
          code: 'stream_moved_on',
        })
        await unit.append(appendTo(id))
      })
      expect((await storeOf().readStream(id)).version).toBe(1)
    })
  })

  describe('a repeated command', () => {
    it('changes nothing and answers as the first did', async () => {
      const id = newStream()
      const command = appendTo(id, {
        commandId: 'once',
        facts: [note('x'), note('y')],
        publications: [revoked],
      })
      const first = await append(storeOf(), command)
      await append(storeOf(), appendTo(id))
      const second = await append(storeOf(), command)
      expect(second).toEqual({ ...first, repeated: true })
      expect((await storeOf().readStream(id)).version).toBe(3)
      expect(await published(id)).toEqual([`${id}@1`])
    })

    it('may run again when the first time lost its race', async () => {
      const id = newStream()
      const command = appendTo(id, { commandId: 'again', expectedVersion: 1 })
      await expect(append(storeOf(), command)).rejects.toMatchObject({ code: 'stream_moved_on' })
      await append(storeOf(), appendTo(id))
      expect(await append(storeOf(), command)).toMatchObject({ version: 2, repeated: false })
    })

    it('is told apart by stream', async () => {
      for (const id of [newStream(), newStream()]) {
        expect(await append(storeOf(), appendTo(id, { commandId: 'same' }))).toMatchObject({
          repeated: false,
        })
      }
    })
  })

  describe('publications', () => {
    it('are numbered densely per stream, whatever stays private', async () => {
      const id = newStream()
      await append(storeOf(), appendTo(id))
      await append(storeOf(), appendTo(id, { publications: [revoked, revoked] }))
      await append(storeOf(), appendTo(id))
      await append(storeOf(), appendTo(id, { publications: [revoked] }))
      expect(await published(id)).toEqual([`${id}@1`, `${id}@2`, `${id}@3`])
    })

    it('that break their contract stop the whole transaction', async () => {
      const id = newStream()
      const broken = { contract: contracts.grantRevoked, data: {} as never }
      await expect(append(storeOf(), appendTo(id, { publications: [broken] }))).rejects.toMatchObject({
        code: 'invalid_event',
      })
      expect((await storeOf().readStream(id)).version).toBe(0)
    })
  })

  describe('reading', () => {
    it('gives back facts, metadata and times as they were appended', async () => {
      const id = newStream()
      const metadata = {
        actor: { kind: 'user', id: 'alice' },
        correlationId: 'c-9',
        causationId: 'cause',
        traceparent: '00-1-2-01',
      } as const
      const { facts } = await append(storeOf(), appendTo(id, { facts: [note('é\u2028"\\')], metadata }))
      const read = await storeOf().readStream(id)
      expect(read.facts).toEqual(facts)
      expect(read.facts[0]).toMatchObject({
        version: 1,
        streamId: id,
        metadata,
        data: { text: 'é\u2028"\\' },
      })
      expect(read.facts[0]?.recordedAt).toBeInstanceOf(Date)
    })

    it('goes through all streams in the order of position', async () => {
      const id = newStream()
      const start = (await storeOf().readAll({ after: 0, limit: 10_000 })).at(-1)?.position ?? 0
      await append(storeOf(), appendTo(id, { facts: [note('1'), note('2'), note('3')] }))
      const first = await storeOf().readAll({ after: start, limit: 2 })
      expect(first.map(({ data }) => data)).toMatchObject([{ text: '1' }, { text: '2' }])
      const rest = await storeOf().readAll({ after: first.at(-1)?.position ?? 0, limit: 10 })
      expect(rest.map(({ data }) => data)).toMatchObject([{ text: '3' }])
    })

    it('refuses to append a fact that is in no catalogue', async () => {
      const unheardOf = appendTo(newStream(), { facts: [{ type: 'UnheardOf', data: {} }] })
      await expect(append(storeOf(), unheardOf)).rejects.toMatchObject({ code: 'unknown_fact' })
    })
  })

  it('makes concurrent commands decide again on fresh state', async () => {
    const id = newStream()
    const decider = {
      initialState: 0,
      decide: (_: 'count', state: number) => [{ type: 'Counted', data: { to: state + 1 } }],
      evolve: (state: number) => state + 1,
    }
    const count = () =>
      handleCommand(storeOf(), {
        decider,
        streamId: id,
        streamType: 'thing',
        command: 'count' as const,
        metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
      })
    await Promise.all([count(), count(), count()])
    const { facts } = await storeOf().readStream(id)
    expect(facts.map(({ data }) => data)).toEqual([{ to: 1 }, { to: 2 }, { to: 3 }])
  })
}
