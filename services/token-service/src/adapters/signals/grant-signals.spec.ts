import { createInMemoryEventBus, type InMemoryEventBus } from '@evergrant/event-bus/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { createGrantSignals } from './grant-signals.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the signals of changed grants', () => {
  let bus: InMemoryEventBus
  let heard: unknown[]
  let changed: string[]
  const signals = () => createGrantSignals(bus, (grantId) => changed.push(grantId))

  beforeEach(() => {
    bus = createInMemoryEventBus()
    heard = []
    changed = []
    bus.listen('evergrant.wake.token-grants', (body) => {
      heard.push(body)
    })
  })

  it('tell this process at once and the others once a turn, each grant once', async () => {
    const here = signals()
    here.changed(['a'])
    here.changed(['b', 'a'])
    expect(changed).toEqual(['a', 'b', 'a'])
    await turn()
    await turn()
    expect(heard).toEqual([{ grantIds: ['a', 'b'] }])
    here.changed(['a'])
    await turn()
    await turn()
    expect(heard).toHaveLength(2)
  })

  it('keep nothing to themselves when they stop', async () => {
    const here = signals()
    here.changed(['a'])
    await here.stop()
    await turn()
    expect(heard).toEqual([{ grantIds: ['a'] }])
  })
})
