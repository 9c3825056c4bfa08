import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import { authorization } from './authorization.ts'
import type { AuthorizationFact, GrantReceived } from './authorization-facts.ts'

const { given } = specification(authorization)

const at = (time: string) => new Date(`2026-11-23T${time}.000Z`)
const calendarRead = 'https://www.googleapis.com/auth/calendar.readonly'

const wish = {
  authorizationId: '01937e1c-6c55-7000-8000-000000000001',
  userId: 'alice',
  services: ['calendar'],
  access: 'read',
  returnTo: 'https://app.example/settings',
  loginHint: null,
} as const

const requested: AuthorizationFact = {
  type: 'AuthorizationRequested',
  data: {
    ...wish,
    scopes: ['openid', 'email', calendarRead],
    requestedAt: '2026-11-23T10:00:00.000Z',
    expiresAt: '2026-11-23T10:10:00.000Z',
  },
}
const bound: AuthorizationFact = {
  type: 'BrowserBound',
  data: {
    boundAt: '2026-11-23T10:01:00.000Z',
    expiresAt: '2026-11-23T10:11:00.000Z',
    consentForced: true,
  },
}
const received: AuthorizationFact = {
  type: 'CallbackReceived',
  data: { receivedAt: '2026-11-23T10:02:00.000Z', outcomeDueAt: '2026-11-23T10:04:00.000Z' },
}
const grant: GrantReceived = {
  grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
  issuer: 'https://accounts.google.com',
  account: { id: '110', email: 'alice@example.com' },
  grantedScopes: ['openid', 'email', calendarRead],
  missingScopes: [],
  refreshTokenIncluded: true,
  tokensExpireAt: '2026-11-23T11:02:00.000Z',
}
const granted: AuthorizationFact = {
  type: 'AuthorizationGranted',
  data: { ...grant, grantedAt: '2026-11-23T10:02:01.000Z' },
}
const denied: AuthorizationFact = {
  type: 'AuthorizationDenied',
  data: { reason: 'access_denied', deniedAt: '2026-11-23T10:02:01.000Z' },
}
const failed: AuthorizationFact = {
  type: 'AuthorizationFailed',
  data: { reason: 'code_rejected', failedAt: '2026-11-23T10:02:01.000Z' },
}
const expired: AuthorizationFact = {
  type: 'AuthorizationExpired',
  data: { expiredAt: '2026-11-23T10:10:05.000Z' },
}

describe('an authorization that is requested', () => {
  const request = { type: 'RequestAuthorization', now: at('10:00:00'), request: wish } as const

  it('asks for the identity scopes and the narrowest scopes of each service', () => {
    given().when(request).then(requested)
  })
  it('is opened once, however often the request is repeated', () => {
    given(requested).when(request).changesNothing()
    given(requested, bound, received, granted).when(request).changesNothing()
  })
})

describe('the one-time link', () => {
  const bind = { type: 'BindBrowser', now: at('10:01:00'), consentForced: true } as const

  it('binds the browser that opens it and gives it ten minutes at Google', () => {
    given(requested).when(bind).then(bound)
  })
  it('opens once', () => {
    given(requested, bound).when(bind).refuses('authorization_link_used')
    given(requested, bound, received, granted).when(bind).refuses('authorization_link_used')
  })
  it('does not open after its time, whether or not the sweep has come by', () => {
    given(requested)
      .when({ ...bind, now: at('10:10:00') })
      .refuses('authorization_expired')
    given(requested, expired)
      .when({ ...bind, now: at('10:11:00') })
      .refuses('authorization_expired')
  })
  it('opens nothing that was never requested', () => {
    given().when(bind).refuses('authorization_not_found')
  })
})

describe("Google's answer", () => {
  const receive = { type: 'ReceiveCallback', now: at('10:02:00') } as const

  it('is taken on record before its code is spent', () => {
    given(requested, bound).when(receive).then(received)
  })
  it('is taken once', () => {
    given(requested, bound, received).when(receive).refuses('callback_already_used')
    given(requested, bound, received, granted).when(receive).refuses('callback_already_used')
    given(requested, bound, received, denied).when(receive).refuses('callback_already_used')
  })
  it('is not taken from a browser that was never sent to Google', () => {
    given(requested).when(receive).refuses('callback_unknown')
    given().when(receive).refuses('callback_unknown')
  })
  it('is not taken after the time is over', () => {
    given(requested, bound)
      .when({ ...receive, now: at('10:11:00') })
      .refuses('authorization_expired')
    given(requested, bound, expired).when(receive).refuses('authorization_expired')
  })
})

describe('the outcome', () => {
  const now = at('10:02:01')
  const grantIt = { type: 'GrantAuthorization', now, grant, refreshTokenKnown: false } as const
  const denyIt = { type: 'DenyAuthorization', now, reason: 'access_denied' } as const
  const failIt = { type: 'FailAuthorization', now, reason: 'code_rejected' } as const

  it('is recorded as what it is', () => {
    given(requested, bound, received).when(grantIt).then(granted)
    given(requested, bound, received).when(denyIt).then(denied)
    given(requested, bound, received).when(failIt).then(failed)
  })
  it('is recorded once', () => {
    given(requested, bound, received, granted).when(grantIt).changesNothing()
    given(requested, bound, received, denied).when(denyIt).changesNothing()
    given(requested, bound, received, failed).when(failIt).changesNothing()
  })
  it('never changes afterwards', () => {
    given(requested, bound, received, failed).when(grantIt).refuses('authorization_already_ended')
    given(requested, bound, received, granted).when(denyIt).refuses('authorization_already_ended')
    given(requested, bound, received, granted).when(failIt).refuses('authorization_already_ended')
  })
  it('needs an answer from Google', () => {
    given(requested, bound).when(grantIt).refuses('authorization_already_ended')
  })
})

describe('a consent that gave no refresh token', () => {
  const now = at('10:02:01')
  const without = { ...grant, refreshTokenIncluded: false }
  const grantIt = { type: 'GrantAuthorization', now, grant: without, refreshTokenKnown: false } as const
  const asked = { ...bound, data: { ...bound.data, consentForced: false } }
  const repeated: AuthorizationFact = {
    type: 'ConsentRepeated',
    data: {
      reason: 'refresh_token_missing',
      loginHint: 'alice@example.com',
      repeatedAt: '2026-11-23T10:02:01.000Z',
      expiresAt: '2026-11-23T10:12:01.000Z',
    },
  }
  const settled = (data: object): AuthorizationFact => ({
    type: 'AuthorizationGranted',
    data: { ...without, ...data, grantedAt: '2026-11-23T10:02:01.000Z' },
  })

  it('leads to Google once more, for the same account', () => {
    given(requested, asked, received).when(grantIt).then(repeated)
  })
  it('is granted with that reservation when Google had been told to ask already', () => {
    given(requested, bound, received)
      .when(grantIt)
      .then(settled({ refreshTokenMissing: true }))
    given(requested, asked, received, repeated, bound, received)
      .when(grantIt)
      .then(settled({ refreshTokenMissing: true }))
  })
  it('is enough when an earlier refresh token covers it, or when nothing needs one', () => {
    given(requested, asked, received)
      .when({ ...grantIt, refreshTokenKnown: true })
      .then(settled({}))
    const nothing = { ...without, grantedScopes: ['openid', 'email'] }
    given(requested, asked, received)
      .when({ ...grantIt, grant: nothing })
      .then(settled({ grantedScopes: ['openid', 'email'] }))
  })
  it('opens a new link, and forces consent on it', () => {
    const bind = { type: 'BindBrowser', now: at('10:02:02'), consentForced: true } as const
    given(requested, asked, received, repeated)
      .when(bind)
      .then({
        type: 'BrowserBound',
        data: {
          boundAt: '2026-11-23T10:02:02.000Z',
          expiresAt: '2026-11-23T10:12:02.000Z',
          consentForced: true,
        },
      })
    const receive = { type: 'ReceiveCallback', now: at('10:02:02') } as const
    given(requested, asked, received, repeated).when(receive).refuses('callback_unknown')
  })
})

describe('the sweep', () => {
  const sweep = (time: string) => ({ type: 'SweepAuthorization', now: at(time) }) as const

  it('expires what nobody came back for', () => {
    given(requested).when(sweep('10:10:05')).then(expired)
    given(requested, bound)
      .when(sweep('10:11:00'))
      .then({ type: 'AuthorizationExpired', data: { expiredAt: '2026-11-23T10:11:00.000Z' } })
  })
  it('fails an exchange whose process died, because its code is spent', () => {
    given(requested, bound, received)
      .when(sweep('10:04:00'))
      .then({
        type: 'AuthorizationFailed',
        data: { reason: 'interrupted', failedAt: '2026-11-23T10:04:00.000Z' },
      })
  })
  it('leaves alone what still has time or has ended', () => {
    given(requested).when(sweep('10:09:59')).changesNothing()
    given(requested, bound).when(sweep('10:10:30')).changesNothing()
    given(requested, bound, received).when(sweep('10:03:59')).changesNothing()
    given(requested, bound, received, granted).when(sweep('12:00:00')).changesNothing()
    given(requested, expired).when(sweep('12:00:00')).changesNothing()
    given().when(sweep('12:00:00')).changesNothing()
  })
})
