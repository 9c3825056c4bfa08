import { describe, expect, it } from 'vitest'
import { alice, day, usePushReceiver } from '../testing/use-push-receiver.ts'

const push = usePushReceiver()

describe('delivery', () => {
  it('is tried again after 500, 502, 503, 504 and silence, and after nothing else', async () => {
    push.answers = [500, 502, 503, 504, 204, 404]
    await push.watchEvents()
    await push.told()
    push.google.putEvent(alice, { id: 'event00', ...day })
    await push.told()
    const tries = push.google.deliveries().map(({ attempt, outcome }) => [attempt, outcome])
    expect(tries).toEqual([
      [1, 500],
      [2, 502],
      [3, 503],
      [4, 504],
      [5, 204],
      [1, 404],
    ])
    expect(push.numbers()).toEqual([1, 1, 1, 1, 1, push.numbers().at(-1)])
    const gone = { address: 'http://127.0.0.1:1/hook' }
    await push.watchEvents(gone)
    await push.told()
    expect(push.google.deliveries().at(-1)).toMatchObject({ attempt: 8, outcome: 'unreachable' })
  })

  it('can be dropped, doubled and late, even later than stop', async () => {
    push.google.planDeliveries(['drop'])
    const { id = '', resourceId = '' } = await push.watchEvents()
    await push.told()
    expect(push.received).toEqual([])
    expect(push.google.deliveries()).toMatchObject([{ to: id, state: 'sync', outcome: 'dropped' }])
    push.google.planDeliveries(['duplicate', { delayMs: 1000 }])
    push.google.putEvent(alice, { id: 'event00', ...day })
    await push.told()
    expect(new Set(push.numbers()).size).toBe(1)
    expect(push.states()).toEqual(['exists', 'exists'])
    push.google.putEvent(alice, { id: 'event01', ...day })
    await expect
      .poll(() => push.google.state().channels[0]?.messageNumber)
      .toBeGreaterThan(push.numbers()[0] ?? 0)
    await push.calendar().channels.stop({ requestBody: { id, resourceId } })
    expect(push.received).toHaveLength(2)
    await push.told()
    expect(push.received).toHaveLength(3)
  })
})
