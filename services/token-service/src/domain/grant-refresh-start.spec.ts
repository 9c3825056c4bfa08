import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import {
  at,
  failed,
  gone,
  opened,
  reauthorizationRequired,
  received,
  refreshed,
  revoked,
  started,
  us,
} from '../testing/grant-history.ts'
import { grantDecider } from './grant.ts'
import type { StartRefresh } from './grant-commands.ts'

const { given } = specification(grantDecider)

const start: StartRefresh = {
  type: 'StartRefresh',
  now: at(51),
  attemptId: 'attempt-1',
  holder: us,
  leaseUntil: at(52),
  cause: 'schedule',
  policy: { kind: 'non_rotating' },
  seenGeneration: 1,
}

describe('starting a refresh', () => {
  it('announces the generation it is about to spend', () => {
    given(opened, received()).when(start).then(started())
  })

  it('has nothing to do when somebody else was faster', () => {
    given(opened, received(), started(), refreshed).when(start).changesNothing()
  })

  it('refuses while another attempt may still be answered', () => {
    given(opened, received(), started())
      .when({ ...start, attemptId: 'attempt-2', holder: { instanceId: 'two', bootId: 'boot-2' } })
      .refuses('refresh_under_way')
  })

  it('labels an attempt without outcome as in doubt once its lease is over, and replays it', () => {
    given(opened, received(), started())
      .when({ ...start, attemptId: 'attempt-2', now: at(53), leaseUntil: at(54) })
      .then(
        failed({
          failureClass: 'in_doubt',
          evidence: { httpStatus: null, error: 'no_outcome_recorded', errorSubtype: null },
          nextAttemptAt: at(53),
          failedAt: at(53),
        }),
        started({ attempt: 2, attemptId: 'attempt-2', startedAt: at(53), leaseUntil: at(54) }),
      )
  })

  it('takes over from its own earlier life without waiting for the lease', () => {
    given(opened, received(), started())
      .when({ ...start, attemptId: 'attempt-2', holder: { instanceId: 'one', bootId: 'boot-2' } })
      .then(
        failed({
          failureClass: 'in_doubt',
          evidence: { httpStatus: null, error: 'no_outcome_recorded', errorSubtype: null },
          nextAttemptAt: at(51),
          failedAt: at(51),
        }),
        started({ attempt: 2, attemptId: 'attempt-2', holder: { instanceId: 'one', bootId: 'boot-2' } }),
      )
  })

  it('waits out a failure, but not for a user who asks', () => {
    const history = [opened, received(), started(), failed()]
    given(...history)
      .when({ ...start, now: at(52) })
      .refuses('refresh_backing_off')
    given(...history)
      .when({ ...start, now: at(52), cause: 'user' })
      .then(started({ attempt: 2, startedAt: at(52), cause: 'user' }))
  })

  it('waits as long as Google asked for, whoever asks', () => {
    given(opened, received(), started(), failed({ failureClass: 'rate_limited' }))
      .when({ ...start, now: at(52), cause: 'user' })
      .refuses('refresh_backing_off')
  })

  it('needs the user once the access token has ended and there is no refresh token', () => {
    const history = [opened, received({ refreshTokenGeneration: null })]
    given(...history)
      .when(start)
      .changesNothing()
    given(...history)
      .when({ ...start, now: at(61) })
      .then({
        type: 'ReauthorizationRequired',
        data: { generation: 1, reason: 'refresh_token_missing', requiredAt: at(61) },
      })
  })

  it('refuses a grant that only its user can revive', () => {
    given(opened, received(), started(), failed({ failureClass: 'revoked' }), reauthorizationRequired)
      .when(start)
      .refuses('needs_reauthorization')
    given(opened, received(), gone('calendar'), revoked).when(start).refuses('needs_reauthorization')
  })
})
