import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import { at, gone, opened, received, revoked } from '../testing/grant-history.ts'
import { grantDecider } from './grant.ts'
import type { GrantFact } from './grant-facts.ts'

const { given } = specification(grantDecider)

describe('disconnecting', () => {
  const both = received({ services: ['calendar', 'gmail'] })
  const leave = (service: 'calendar' | 'gmail') =>
    ({ type: 'Disconnect', now: at(20), service, by: 'user' }) as const

  it('leaves the siblings alone', () => {
    given(opened, both).when(leave('gmail')).then(gone('gmail'))
  })

  it('ends the grant with the last connection', () => {
    given(opened, both, gone('gmail')).when(leave('calendar')).then(gone('calendar'), revoked)
  })

  it('changes nothing the second time', () => {
    given(opened, both, gone('gmail')).when(leave('gmail')).changesNothing()
  })

  it('refuses a service the grant never had', () => {
    given(opened, received()).when(leave('gmail')).refuses('connection_not_found')
  })

  it('settles once at Google, after as many delays as it takes', () => {
    const delayed: GrantFact = {
      type: 'RevocationDelayed',
      data: { httpStatus: 503, nextAttemptAt: at(22), at: at(21) },
    }
    const settled: GrantFact = { type: 'RevocationSettled', data: { outcome: 'revoked', settledAt: at(22) } }
    const history = [opened, received(), gone('calendar'), revoked]
    given(...history)
      .when({ type: 'DelayRevocation', now: at(21), httpStatus: 503, nextAttemptAt: at(22) })
      .then(delayed)
    const settle = { type: 'SettleRevocation', now: at(22), outcome: 'revoked' } as const
    given(...history, delayed)
      .when(settle)
      .then(settled)
    given(...history, delayed, settled)
      .when(settle)
      .changesNothing()
  })
})
