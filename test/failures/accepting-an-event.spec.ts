import { randomUUID } from 'node:crypto'
import { outboxStatus, sqlOf } from '@evergrant/event-store'
import { describe, expect, it, vi } from 'vitest'
import { metadata } from './replica.ts'
import { patience, untilEffects, useTwoServices } from './two-services.ts'

class Crash extends Error {}

const dieOnceAt = (point: string) => {
  let died = false
  return (name: string) => {
    if (name !== point || died) return
    died = true
    throw new Crash(point)
  }
}

describe('accepting an event', () => {
  const services = useTwoServices()

  it('leaves nothing when the process dies before the commit, and the repeated command counts once', async () => {
    const publisher = await services.openPublisher({ crashPoint: dieOnceAt('before-commit') })
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    const commandId = randomUUID()
    await expect(publisher.append(streamId, 'first', commandId)).rejects.toThrow(Crash)
    expect(await publisher.store.readStream(streamId)).toMatchObject({ version: 0, facts: [] })
    expect(await publisher.append(streamId, 'first', commandId)).toMatchObject({
      version: 1,
      repeated: false,
    })
    await untilEffects(() => services.effectsOf(consumer, streamId), 1)
  })

  it('answers a repeated command as the first time when the process died before its reply', async () => {
    const publisher = await services.openPublisher({ crashPoint: dieOnceAt('after-commit') })
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    const commandId = randomUUID()
    await expect(publisher.append(streamId, 'first', commandId)).rejects.toThrow(Crash)
    expect(await publisher.append(streamId, 'first', commandId)).toMatchObject({ version: 1, repeated: true })
    await publisher.append(streamId, 'second')
    await untilEffects(() => services.effectsOf(consumer, streamId), 2)
  })

  it('publishes by poll what was committed without a wake-up', async () => {
    const publisher = await services.openPublisher({ wakes: false })
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    await publisher.append(streamId, 'first')
    await untilEffects(() => services.effectsOf(consumer, streamId), 1)
  })

  it('a transaction that stays open holds back projections, not the events of others', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const slow = `spec-${randomUUID()}`
    const quick = `spec-${randomUUID()}`
    const appended = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const writing = publisher.store.transaction(async (unit) => {
      await unit.append({
        streamId: slow,
        streamType: 'spec',
        expectedVersion: 'no_stream',
        facts: [{ type: 'Happened', data: { text: 'slow' } }],
        metadata,
      })
      appended.resolve()
      await release.promise
    })
    await appended.promise
    await publisher.append(quick, 'quick')
    await untilEffects(() => services.effectsOf(consumer, quick), 1)
    const streamsRead = async () =>
      (await publisher.store.readAll({ after: 0, limit: 1_000 })).map(({ streamId }) => streamId)
    expect(await streamsRead()).not.toContain(quick)
    release.resolve()
    await writing
    await vi.waitFor(
      async () => expect(await streamsRead()).toEqual(expect.arrayContaining([slow, quick])),
      patience,
    )
  })

  it('is refused by a database that may lose commits', async () => {
    const publisher = await services.openPublisher()
    const [{ name } = { name: '' }] = await sqlOf(publisher.database)<{ name: string }>(
      'select current_database() as name',
    )
    await services.asOwner('publisher', `alter database "${name}" set synchronous_commit = off`)
    await expect(services.openPublisher()).rejects.toMatchObject({ code: 'database_not_durable' })
    await services.asOwner('publisher', `alter database "${name}" reset synchronous_commit`)
    expect(await outboxStatus({ database: publisher.database })).toMatchObject({ parked: 0 })
  })
})
