import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { parkingAt, patience } from '../testing/park-letters.ts'
import { useDeadLetters } from '../testing/use-dead-letters.ts'

const service = useDeadLetters()
const { letterOf, parkConsumed, parkPublished } = parkingAt(service)

let streamId: string
beforeEach(() => {
  streamId = `spec-${randomUUID()}`
  service.state.fault = () => undefined
  service.state.tooLarge.clear()
})

describe('a dead letter that could not be applied', () => {
  it('is applied when it is tried again after its cause is mended, and what waited behind it follows in order', async () => {
    const { id } = await parkConsumed(streamId)
    const reason = 'handler_defect: TypeError: x is not a function'
    expect(await service.call('POST', `/${id}/retry`)).toEqual({
      status: 200,
      body: { id, outcome: 'parked', reason },
    })
    service.state.fault = () => undefined
    expect((await service.call('POST', `/${id}/retry`)).body).toEqual({
      id,
      outcome: 'applied',
      reason: null,
    })
    expect(service.applied(streamId)).toEqual([1, 2, 3].map((version) => `${streamId}@${version}`))
    expect((await service.decisions('inbox-token-service')).at(-1)).toMatchObject({
      type: 'ParkedEventRetried',
      data: { streamId, version: 2, applied: true },
      metadata: { actor: { kind: 'operator', id: 'olga' } },
    })
  })

  it('is under way when it now meets a fault that passes', async () => {
    const { id } = await parkConsumed(streamId)
    service.state.fault = ({ attributes }) =>
      attributes.streamId === streamId
        ? Object.assign(new Error('no such column'), { code: '42703' })
        : undefined
    expect((await service.call('POST', `/${id}/retry`)).body).toEqual({
      id,
      outcome: 'under_way',
      reason: null,
    })
    service.state.fault = () => undefined
    await vi.waitFor(() => {
      service.passTime()
      expect(service.applied(streamId)).toHaveLength(3)
    }, patience)
  })

  it('is dropped for good: its stream goes on without it, and who and why are on record', async () => {
    const { id } = await parkConsumed(streamId)
    const body = { reason: 'a test account' }
    expect((await service.call('POST', `/${id}/drop`, { body })).body).toEqual({ id, outcome: 'dropped' })
    expect(service.applied(streamId)).toEqual([1, 3].map((version) => `${streamId}@${version}`))
    expect((await service.decisions('inbox-token-service')).at(-1)).toMatchObject({
      type: 'ParkedEventSkipped',
      data: { streamId, version: 2, why: 'a test account' },
      metadata: { actor: { kind: 'operator', id: 'olga' } },
    })
  })

  it('without an identity cannot be tried again, only dropped', async () => {
    await service.hearNonsense(null)
    const { id } = await letterOf(null)
    expect(await service.call('POST', `/${id}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'parked_event_without_identity' },
    })
    const body = { reason: 'nobody knows what it is' }
    expect((await service.call('POST', `/${id}/drop`, { body })).status).toBe(200)
  })
})

describe('a dead letter that could not be published', () => {
  it('goes out when it is tried again after its cause is mended, and what waited behind it follows', async () => {
    const { id } = await parkPublished(streamId)
    const reason = 'message_too_large: larger than the bus takes'
    expect((await service.call('POST', `/${id}/retry`)).body).toEqual({ id, outcome: 'parked', reason })
    service.state.tooLarge.clear()
    expect((await service.call('POST', `/${id}/retry`)).body).toEqual({
      id,
      outcome: 'published',
      reason: null,
    })
    await vi.waitFor(
      () =>
        expect(service.published(streamId)).toEqual(
          [1, 2].map((version) => `grant-revoked ${streamId}@${version}`),
        ),
      patience,
    )
  })

  it('is dropped for good: what takes its number says so, and its stream goes on', async () => {
    const { id } = await parkPublished(streamId)
    const body = { reason: 'a test account' }
    expect((await service.call('POST', `/${id}/drop`, { body })).body).toEqual({ id, outcome: 'dropped' })
    await vi.waitFor(
      () =>
        expect(service.published(streamId)).toEqual([
          `event-dropped ${streamId}@1`,
          `grant-revoked ${streamId}@2`,
        ]),
      patience,
    )
    expect((await service.decisions('outbox-token-service')).at(-1)).toMatchObject({
      type: 'ParkedMessageDropped',
      data: { streamId, version: 1, why: 'a test account' },
      metadata: { actor: { kind: 'operator', id: 'olga' } },
    })
  })

  it('is decided about once per Idempotency-Key', async () => {
    const { id } = await parkPublished(streamId)
    const again = { body: { reason: 'once' }, key: randomUUID() }
    expect((await service.call('POST', `/${id}/drop`, again)).status).toBe(200)
    expect((await service.call('POST', `/${id}/drop`, again)).status).toBe(200)
    expect((await service.call('POST', `/${id}/drop`, { body: { reason: 'twice' } })).status).toBe(404)
  })
})

describe('an event that its publisher dropped', () => {
  it('is passed over and logged: who looks for what is missing finds it, and nothing waits', async () => {
    await service.hear(streamId, 1)
    await service.hearDropped(streamId, 2)
    await service.hear(streamId, 3)
    await vi.waitFor(
      () => expect(service.applied(streamId)).toEqual([`${streamId}@1`, `${streamId}@3`]),
      patience,
    )
    const lines = service.logged.map((line) => JSON.parse(line))
    expect(lines.filter((line) => line.streamId === streamId)).toMatchObject([
      { msg: 'a publisher dropped an event', source: 'oauth-service', version: 2 },
    ])
  })
})
