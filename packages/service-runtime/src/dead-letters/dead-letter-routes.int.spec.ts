import { randomUUID } from 'node:crypto'
import { contracts } from '@evergrant/event-contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { parkingAt } from '../testing/park-letters.ts'
import { useDeadLetters } from '../testing/use-dead-letters.ts'
import type { DeadLetter } from './dead-letter.ts'

const service = useDeadLetters()
const { letterOf, listed, parkConsumed, parkPublished } = parkingAt(service)

let streamId: string
beforeEach(() => {
  streamId = `spec-${randomUUID()}`
  service.state.fault = () => undefined
  service.state.tooLarge.clear()
})

describe('the dead letters of a service', () => {
  it('are events that could not be applied, with why and what waits behind them', async () => {
    expect(await parkConsumed(streamId)).toEqual({
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
    expect(await parkPublished(streamId)).toEqual({
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
    await parkPublished(streamId)
    streamId = `spec-${randomUUID()}`
    await parkConsumed(streamId)
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
    const { id } = await parkConsumed(streamId)
    expect((await service.call('GET', `/${id}`)).body.lastAttemptAt).toBeNull()
    await service.call('POST', `/${id}/retry`)
    expect((await service.call('GET', `/${id}`)).body.lastAttemptAt).toMatch(/^20/)
    streamId = `spec-${randomUUID()}`
    const published = await parkPublished(streamId)
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
