import { randomUUID } from 'node:crypto'
import { contracts } from '@evergrant/event-contracts'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useDeadLetters } from '../testing/use-dead-letters.ts'
import type { DeadLetter } from './dead-letter.ts'

const service = useDeadLetters()
const patience = { timeout: 15_000, interval: 50 }

let streamId: string
beforeEach(() => {
  streamId = `spec-${randomUUID()}`
  service.state.fault = () => undefined
  service.state.tooLarge.clear()
})

const listed = async (query = '') => {
  const { status, body } = await service.call('GET', `?limit=200${query}`)
  expect(status).toBe(200)
  return body.items as DeadLetter[]
}
const letterOf = (stream: string | null, side?: string) =>
  vi.waitFor(async () => {
    service.passTime()
    const found = (await listed(side === undefined ? '' : `&side=${side}`)).find(
      (letter) => letter.streamId === stream,
    )
    if (!found) throw new Error('nothing was given up yet')
    return found
  }, patience)

/** The second of three events of a stream meets a defect. */
const parkConsumed = async () => {
  service.state.fault = ({ attributes }) =>
    attributes.streamId === streamId && attributes.version === 2
      ? new TypeError('x is not a function')
      : undefined
  await service.hear(streamId, 1, 2, 3)
  return letterOf(streamId)
}
/** The first of two events of a stream is larger than the bus takes. */
const parkPublished = async () => {
  service.state.tooLarge.add(`${streamId}@1`)
  await service.say(streamId, 2)
  return letterOf(streamId)
}

describe('the dead letters of a service', () => {
  it('are events that could not be applied, with why and what waits behind them', async () => {
    expect(await parkConsumed()).toEqual({
      id: expect.stringMatching(/^consumer-[0-9]+$/),
      service: 'token-service',
      side: 'consumer',
      code: 'handler_defect',
      reason: 'handler_defect: TypeError: x is not a function',
      subject: contracts.authorizationDenied.subject,
      type: contracts.authorizationDenied.type,
      source: 'oauth-service',
      streamId,
      version: 2,
      attempts: 3,
      firstSeenAt: expect.any(String),
      waitingBehind: 1,
    })
    expect(service.applied(streamId)).toEqual([`${streamId}@1`])
  })

  it('are events that could not be published, with why and what waits behind them', async () => {
    expect(await parkPublished()).toEqual({
      id: expect.stringMatching(/^publisher-[0-9]+$/),
      service: 'token-service',
      side: 'publisher',
      code: 'message_too_large',
      reason: 'message_too_large: larger than the bus takes',
      subject: contracts.grantRevoked.subject,
      type: contracts.grantRevoked.type,
      source: 'token-service',
      streamId,
      version: 1,
      attempts: 1,
      firstSeenAt: expect.any(String),
      waitingBehind: 1,
    })
  })

  it('are listed page by page over both sides, or of one side only', async () => {
    await parkPublished()
    streamId = `spec-${randomUUID()}`
    await parkConsumed()
    const all = await listed()
    expect(new Set(all.map(({ side }) => side))).toEqual(new Set(['consumer', 'publisher']))
    for (const side of ['consumer', 'publisher'] as const)
      expect(await listed(`&side=${side}`)).toEqual(all.filter((letter) => letter.side === side))
    const paged: DeadLetter[] = []
    let cursor: string | null = ''
    do {
      const { body } = await service.call('GET', `?limit=1${cursor ? `&cursor=${cursor}` : ''}`)
      expect(body.items).toHaveLength(1)
      paged.push(...body.items)
      cursor = body.nextCursor
    } while (cursor !== null)
    expect(paged).toEqual(all)
  })

  it('are shown with their envelope, and with no secret that somebody put into it', async () => {
    const headers = { 'ce-refreshtoken': 'anything', traceparent: 'Bearer ya29.secret', 'x-other': 'x' }
    await service.hearNonsense(streamId, headers)
    const { id } = await letterOf(streamId)
    const { status, body } = await service.call('GET', `/${id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id,
      code: 'invalid_event',
      lastAttemptAt: null,
      envelope: {
        'ce-source': 'oauth-service',
        'ce-id': `${streamId}@1`,
        'content-type': 'application/json',
      },
      payload: { bytes: 34, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    expect(body.envelope).not.toHaveProperty('x-other')
    expect(JSON.stringify(body)).not.toMatch(/anything|ya29|1\/\/0/)
  })

  it('say when they were last tried', async () => {
    const { id } = await parkConsumed()
    expect((await service.call('GET', `/${id}`)).body.lastAttemptAt).toBeNull()
    await service.call('POST', `/${id}/retry`)
    expect((await service.call('GET', `/${id}`)).body.lastAttemptAt).toMatch(/^20/)
    streamId = `spec-${randomUUID()}`
    const published = await parkPublished()
    expect((await service.call('GET', `/${published.id}`)).body.lastAttemptAt).toMatch(/^20/)
  })

  it('belong to administrators', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/consumer-1'],
      ['POST', '/consumer-1/retry'],
      ['POST', '/consumer-1/drop'],
    ] as const) {
      expect((await service.call(method, path, { scope: 'tokens:read' })).status).toBe(403)
      expect((await service.call(method, path, { scope: null })).status).toBe(401)
    }
  })

  it('are in the OpenAPI document of the service, under its name', async () => {
    const { paths } = await service.openApi()
    const path = '/v1/dead-letters/token-service'
    expect(paths[`${path}/{id}/drop`].post.security).toEqual([{ bearer: ['admin'] }])
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([path, `${path}/{id}`, `${path}/{id}/retry`, `${path}/{id}/drop`]),
    )
  })

  it.each(['consumer-999999', 'publisher-999999'])('have no %s: 404', async (id) => {
    const body = { reason: 'why not' }
    expect((await service.call('GET', `/${id}`)).status).toBe(404)
    expect((await service.call('POST', `/${id}/retry`)).status).toBe(404)
    expect((await service.call('POST', `/${id}/drop`, { body })).status).toBe(404)
  })

  it('have ids of one form: any other is 400 with the field, as is a drop without a reason', async () => {
    const nonsense = await service.call('GET', '/17')
    expect(nonsense).toMatchObject({ status: 400, body: { fields: [{ path: 'id' }] } })
    for (const body of [{}, { reason: '  ' }])
      expect(await service.call('POST', '/consumer-1/drop', { body })).toMatchObject({
        status: 400,
        body: { fields: [{ path: 'reason' }] },
      })
    expect((await service.call('GET', '?cursor=bm8')).status).toBe(400)
  })
})

describe('a dead letter that could not be applied', () => {
  it('is applied when it is tried again after its cause is mended, and what waited behind it follows in order', async () => {
    const { id } = await parkConsumed()
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
    const { id } = await parkConsumed()
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
    const { id } = await parkConsumed()
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
    const { id } = await parkPublished()
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
    const { id } = await parkPublished()
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
    const { id } = await parkPublished()
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
