import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import { grantDecider } from './grant.ts'
import type { ReceiveTokens, RecordRefreshed, RecordRefreshFailed, StartRefresh } from './grant-commands.ts'
import type { GrantFact } from './grant-facts.ts'

const { given } = specification(grantDecider)

const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'
const account = { id: '110169484474386276334', email: 'alice@example.com' }
const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute)).toISOString()
const scopes = ['openid', 'https://www.googleapis.com/auth/calendar.readonly']
const us = { instanceId: 'one', bootId: 'boot-1' }

const opened: GrantFact = {
  type: 'GrantOpened',
  data: { grantId, userId: 'alice', issuer: 'https://accounts.google.com', account, openedAt: at(0) },
}

function received(change: Partial<Extract<GrantFact, { type: 'TokensReceived' }>['data']> = {}): GrantFact {
  return {
    type: 'TokensReceived',
    data: {
      generation: 1,
      authorizationId: 'authorization-1',
      account,
      services: ['calendar'],
      access: 'read',
      scopes,
      expiresAt: at(60),
      refreshDueAt: at(50),
      refreshTokenGeneration: 1,
      receivedAt: at(0),
      ...change,
    },
  }
}

function started(change: Partial<Extract<GrantFact, { type: 'RefreshStarted' }>['data']> = {}): GrantFact {
  return {
    type: 'RefreshStarted',
    data: {
      generation: 1,
      attempt: 1,
      attemptId: 'attempt-1',
      holder: us,
      cause: 'schedule',
      leaseUntil: at(52),
      startedAt: at(51),
      ...change,
    },
  }
}

function failed(change: Partial<Extract<GrantFact, { type: 'RefreshFailed' }>['data']> = {}): GrantFact {
  return {
    type: 'RefreshFailed',
    data: {
      generation: 1,
      attemptId: 'attempt-1',
      failureClass: 'transient',
      evidence: { httpStatus: 503, error: null, errorSubtype: null },
      nextAttemptAt: at(53),
      failedAt: at(52),
      ...change,
    },
  }
}

const refreshed: GrantFact = {
  type: 'GrantRefreshed',
  data: {
    generation: 2,
    attemptId: 'attempt-1',
    scopes,
    expiresAt: at(111),
    refreshDueAt: at(100),
    refreshTokenGeneration: 1,
    refreshedAt: at(51),
  },
}

const reauthorizationRequired: GrantFact = {
  type: 'ReauthorizationRequired',
  data: { generation: 1, reason: 'revoked_at_google', requiredAt: at(52) },
}

const gone = (service: 'calendar' | 'gmail'): GrantFact => ({
  type: 'ConnectionDisconnected',
  data: { service, reason: 'revoked_by_user', disconnectedAt: at(20) },
})

const revoked: GrantFact = {
  type: 'GrantRevoked',
  data: { generation: 1, by: 'user', reason: 'revoked_by_user', revokedAt: at(20) },
}

const consent: ReceiveTokens = {
  type: 'ReceiveTokens',
  now: at(0),
  grantId,
  userId: 'alice',
  issuer: 'https://accounts.google.com',
  account,
  authorizationId: 'authorization-1',
  services: ['calendar'],
  access: 'read',
  scopes,
  expiresAt: at(60),
  refreshDueAt: at(50),
  refreshTokenIncluded: true,
}

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

describe('receiving tokens', () => {
  it('opens a grant with its first consent', () => {
    given().when(consent).then(opened, received())
  })

  it('changes nothing when the same authorization is delivered again', () => {
    given(opened, received()).when(consent).changesNothing()
  })

  it('starts a new generation with every consent', () => {
    given(opened, received())
      .when({ ...consent, authorizationId: 'authorization-2', now: at(5) })
      .then(
        received({
          generation: 2,
          authorizationId: 'authorization-2',
          refreshTokenGeneration: 2,
          receivedAt: at(5),
        }),
      )
  })

  it('keeps the refresh token it has when Google sends none', () => {
    given(opened, received())
      .when({ ...consent, authorizationId: 'authorization-2', refreshTokenIncluded: false })
      .then(received({ generation: 2, authorizationId: 'authorization-2', refreshTokenGeneration: 1 }))
  })

  it('does not keep a refresh token that Google has revoked', () => {
    given(opened, received(), started(), failed({ failureClass: 'revoked' }), reauthorizationRequired)
      .when({ ...consent, authorizationId: 'authorization-2', refreshTokenIncluded: false })
      .then(received({ generation: 2, authorizationId: 'authorization-2', refreshTokenGeneration: null }))
  })

  it('revives a revoked grant and calls its revocation off', () => {
    given(
      opened,
      received(),
      gone('calendar'),
      revoked,
      received({ generation: 2, authorizationId: 'again' }),
    )
      .when({ type: 'SettleRevocation', now: at(30), outcome: 'revoked' })
      .changesNothing()
  })
})

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
