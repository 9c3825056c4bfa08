import { copyStates } from './console-copy-worlds.ts'
import {
  at,
  type ConsoleState,
  calendar,
  connection,
  failedRefresh,
  type MadeUp,
  reconnect,
  sync,
} from './made-up-console.ts'

const scope = 'https://www.googleapis.com/auth/'
const drift = { status: 'unavailable', reason: 'schema_drift' }
const ended = (gateway: string, reason: string): MadeUp => ({
  connections: [
    connection({
      status: 'needs_reauthorization',
      reason,
      action: reconnect(gateway),
      capabilities: { 'token.read': 'unavailable', 'token.refresh': 'unavailable' },
    }),
  ],
  calendars: [calendar(1, sync('paused', reason)), calendar(2, sync('paused', reason))],
  copies: { calendar: sync('paused', reason) },
  history: [
    { at: at(-130), type: 'ReauthorizationRequired', by: { kind: 'google' }, summary: 'x', detail: {} },
  ],
})

/** All of them. */
export const consoleStates: readonly ConsoleState[] = [
  {
    name: 'all is well',
    world: () => ({}),
    title: 'Up to date',
    answer: 'It did not stop: all 2 calendars are up to date.',
    says: ['Nothing is the matter', 'List of calendars'],
  },
  {
    name: 'nothing is connected',
    world: () => ({ connections: [], calendars: [] }),
    title: 'Nothing connected',
    answer: 'No calendar is connected yet.',
    says: ['Connect Gmail'],
  },
  {
    name: 'Google does not renew, and the token still works',
    world: () => ({
      connections: [connection({ capabilities: { 'token.read': 'ok', 'token.refresh': 'degraded' } })],
      history: [failedRefresh(1, 3.5), failedRefresh(9, -1)],
    }),
    title: 'Up to date',
    answer: 'It did not stop',
    says: [
      'Google did not renew the access',
      '9 minutes ago',
      'until the present access ends: in 42 minutes',
      'Next: in 3 minutes',
    ],
  },
  {
    name: 'Google does not answer, and the token has ended',
    world: () => ({
      connections: [
        connection({
          reason: 'google_unavailable',
          action: { kind: 'wait', description: 'Google does not answer.' },
          expiresAt: at(-10),
          capabilities: { 'token.read': 'unavailable', 'token.refresh': 'degraded' },
        }),
      ],
      calendars: [calendar(1, sync('failed', 'token_unavailable'))],
      history: [failedRefresh(2, 1.5), failedRefresh(30, -2)],
    }),
    title: 'Google does not answer',
    answer: 'is held up because Google does not answer.',
    says: ['30 minutes ago', 'asks Google again, at growing intervals. Next: in 1 minute'],
  },
  {
    name: 'the breaker of an API is open',
    world: () => ({
      calendars: [
        calendar(1, sync('failed', 'google_unavailable')),
        calendar(2, sync('syncing', 'google_unavailable')),
      ],
      copies: { calendar: sync('failed', 'google_unavailable', { retryAt: at(1.5) }) },
      ill: { 'calendar-service/calendar.sync': { status: 'degraded', reason: 'google_unavailable' } },
    }),
    title: 'Google does not answer',
    answer: 'Your calendar is held up for everybody, because Google does not answer.',
    says: [
      'failed so often that Evergrant asks it nothing for a moment',
      'Not reachable',
      '8 minutes ago',
      'Next: in 1 minute',
    ],
  },
  {
    name: 'access was withdrawn at Google',
    world: (gateway) => ended(gateway, 'revoked_at_google'),
    title: 'Access withdrawn',
    answer: 'stopped because its access was withdrawn at Google.',
    says: ['2 hours ago', 'Nothing until you have connected it again', 'See its connection above'],
  },
  {
    name: 'seven days of a consent screen in testing are over',
    world: (gateway) => ended(gateway, 'consent_expired_testing_mode'),
    title: 'Seven days are over',
    answer: 'still in testing, and Google ends such access after seven days',
    says: ['until whoever runs this application publishes its consent screen'],
  },
  {
    name: 'it was disconnected',
    world: (gateway) => ({
      connections: [
        connection({
          status: 'disconnected',
          reason: 'revoked_by_user',
          action: reconnect(gateway),
          expiresAt: null,
        }),
      ],
      calendars: [calendar(1, sync('paused', 'disconnected'))],
      history: [
        { at: at(-61), type: 'ConnectionDisconnected', by: { kind: 'user' }, summary: 'x', detail: {} },
      ],
    }),
    title: 'You disconnected it',
    answer: 'stopped because you disconnected it.',
    says: ['Evergrant connects no account by itself', '1 hour ago'],
  },
  {
    name: 'a permission is missing',
    world: (gateway) => ({
      connections: [
        connection({
          status: 'missing_scopes',
          reason: 'scopes_not_granted',
          scopes: [],
          missingScopes: [`${scope}calendar.readonly`],
          action: reconnect(gateway, 'grant_scopes'),
        }),
      ],
      calendars: [],
      copies: { calendar: sync('paused', 'missing_scopes', { lastSyncedAt: null }) },
      history: [{ at: at(-4), type: 'TokensReceived', by: { kind: 'user' }, summary: 'x', detail: {} }],
    }),
    title: 'Permission missing',
    answer: 'the permission to see your calendars was not ticked at Google',
    says: ['(Google Calendar API)', 'tick the box to see your calendars on the page of Google'],
  },
  {
    name: 'Google gave no refresh token',
    world: (gateway) => ({
      connections: [
        connection({
          reason: 'refresh_token_missing',
          action: reconnect(gateway),
          capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
        }),
      ],
      history: [{ at: at(-18), type: 'TokensReceived', by: { kind: 'user' }, summary: 'x', detail: {} }],
    }),
    title: 'Access will end',
    answer: 'works, but will stop soon',
    says: ['Nothing renews it', 'Next: in 42 minutes', '18 minutes ago'],
  },
  {
    name: 'our client at Google is misconfigured',
    world: () => ({
      connections: [
        connection({
          reason: 'client_misconfigured',
          action: { kind: 'contact_operator', description: 'x' },
          capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
        }),
      ],
      history: [failedRefresh(20, 10.5)],
    }),
    title: 'Application misconfigured',
    answer: 'Google refuses the credentials of this application',
    says: ['Tell whoever runs this application; your account is fine.'],
  },
  {
    name: 'our database drifted, and only renewing is contained',
    world: () => ({
      connections: [
        connection({
          reason: 'schema_drift',
          action: { kind: 'wait', description: 'x' },
          capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
        }),
      ],
      ill: {
        'token-service/token.refresh': drift,
        'token-service/token.connect': drift,
        'token-service/token.disconnect': drift,
      },
    }),
    title: 'Our database drifted',
    answer: 'our own database',
    says: [
      'The present access, until it ends: in 42 minutes',
      '8 minutes ago',
      'No account can be connected right now',
      'Nothing can be disconnected right now',
    ],
    withheld: 'Renew access: Google Calendar of alice@example.com',
  },
  {
    name: 'it has to be connected again, and no consent is possible',
    world: (gateway) => ({ ...ended(gateway, 'revoked_at_google'), ill: { 'oauth-service/connect': drift } }),
    title: 'Access withdrawn',
    answer: 'No account can be connected right now: our own database',
    says: ['It is possible again once an operator has repaired it.'],
    withheld: 'Connect again: Google Calendar of alice@example.com',
  },
  {
    name: 'nobody can say any more',
    world: () => ({
      connections: [
        connection({
          status: 'unknown',
          reason: 'google_unavailable',
          expiresAt: at(-3_000),
          capabilities: { 'token.read': 'unavailable', 'token.refresh': 'degraded' },
        }),
      ],
      history: [failedRefresh(5, 25.5), failedRefresh(2_000, -4)],
    }),
    title: 'Google does not answer',
    answer: 'Nobody can say whether your calendar (alice@example.com) works',
    says: ['Nobody can say whether the access still holds.', '1 day ago'],
  },
  ...copyStates,
]
