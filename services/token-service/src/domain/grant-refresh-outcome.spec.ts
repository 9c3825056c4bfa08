import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import {
  at,
  failed,
  opened,
  reauthorizationRequired,
  received,
  refreshed,
  started,
} from '../testing/grant-history.ts'
import { grantDecider } from './grant.ts'
import type { RecordRefreshed, RecordRefreshFailed } from './grant-commands.ts'

const { given } = specification(grantDecider)

const success: RecordRefreshed = {
  type: 'RecordRefreshed',
  attemptId: 'attempt-1',
  generation: 1,
  scopes: null,
  expiresAt: at(111),
  refreshDueAt: at(100),
  refreshTokenReplaced: false,
  refreshedAt: at(51),
}

const failure: RecordRefreshFailed = {
  type: 'RecordRefreshFailed',
  attemptId: 'attempt-1',
  generation: 1,
  policy: { kind: 'non_rotating' },
  failureClass: 'transient',
  evidence: { httpStatus: 503, error: null, errorSubtype: null },
  nextAttemptAt: at(53),
  failedAt: at(52),
}

describe('the outcome of a refresh', () => {
  it('starts a new generation and keeps the refresh token Google did not replace', () => {
    given(opened, received(), started()).when(success).then(refreshed)
  })

  it('notices a refresh token that was replaced, and scopes that shrank', () => {
    given(opened, received(), started())
      .when({ ...success, refreshTokenReplaced: true, scopes: ['openid'] })
      .then({ ...refreshed, data: { ...refreshed.data, refreshTokenGeneration: 2, scopes: ['openid'] } })
  })

  it('never overwrites a newer generation', () => {
    given(opened, received(), started(), refreshed).when(success).changesNothing()
    given(opened, received(), started(), refreshed).when(failure).changesNothing()
  })

  it('loses to a consent that came in between', () => {
    const again = received({ generation: 2, authorizationId: 'authorization-2' })
    given(opened, received(), started(), again).when(success).changesNothing()
    given(opened, received(), started(), again).when(failure).changesNothing()
  })

  it('counts a late success of an attempt that was given up, and not its late failure', () => {
    const history = [
      opened,
      received(),
      started(),
      failed({ failureClass: 'in_doubt' }),
      started({ attempt: 2, attemptId: 'attempt-2' }),
    ]
    given(...history)
      .when(success)
      .then(refreshed)
    given(...history)
      .when(failure)
      .changesNothing()
  })

  it('records a failure with its evidence and the next attempt', () => {
    given(opened, received(), started()).when(failure).then(failed())
  })

  it('asks for the user when Google says the grant is gone', () => {
    const evidence = { httpStatus: 400, error: 'invalid_grant', errorSubtype: null }
    given(opened, received(), started())
      .when({ ...failure, failureClass: 'revoked', evidence, nextAttemptAt: null })
      .then(failed({ failureClass: 'revoked', evidence, nextAttemptAt: null }), reauthorizationRequired)
  })

  it('marks no user when Google refuses our client', () => {
    const evidence = { httpStatus: 401, error: 'invalid_client', errorSubtype: null }
    given(opened, received(), started())
      .when({ ...failure, failureClass: 'client_misconfigured', evidence })
      .then(failed({ failureClass: 'client_misconfigured', evidence }))
  })
})
