import { at, type ConsoleState, calendar, connection, google, reconnect, sync } from './made-up-console.ts'

/** States of what is copied, and of what cannot be asked. */
export const copyStates: readonly ConsoleState[] = [
  {
    name: 'Google limits us',
    world: () => ({ calendars: [calendar(1, sync('syncing', 'rate_limited'))] }),
    title: 'Google slows us down',
    answer: 'after a failure because Google asked us to slow down',
    says: ['It goes on as soon as Google allows it.'],
  },
  {
    name: 'the quota of the day is used up',
    world: () => ({
      calendars: [calendar(1, sync('failed', 'quota_exhausted'))],
      copies: { calendar: sync('failed', 'quota_exhausted', { retryAt: at(50.5) }) },
    }),
    title: 'Quota used up',
    answer: 'what Google allows for one day is used up',
    says: ['renewed at midnight in California', 'Next: in 50 minutes'],
  },
  {
    name: 'the API is switched off, and there is no calendar yet',
    world: () => ({
      calendars: [],
      copies: { calendar: sync('failed', 'api_disabled', { lastSyncedAt: null, retryAt: at(1.5) }) },
    }),
    title: 'Google API switched off',
    answer: 'the first sync of its calendars is held up because this Google service is switched off',
    says: [
      'Ask whoever runs this application to switch on the Google Calendar API',
      'Nothing yet: there is no copy so far.',
    ],
  },
  {
    name: 'the first sync is running',
    world: () => ({
      calendars: [],
      copies: {
        calendar: sync('syncing', null, {
          lastSyncedAt: null,
          progress: { parts: 5, synced: 2, entries: 1240 },
        }),
      },
    }),
    title: 'First sync under way',
    answer: 'the first sync of its calendars is on its way',
    says: ['So far: 1240 entries; 2 of 5 parts complete.'],
  },
  {
    name: 'it was never synced',
    world: () => ({ calendars: [calendar(1, sync('stale', 'never_synced', { lastSyncedAt: null }))] }),
    title: 'First sync under way',
    answer: 'is not up to date because it was not synced yet',
    says: ['The first sync begins by itself.', 'It was never synced.'],
  },
  {
    name: 'Gmail and Drive have troubles of their own',
    world: (gateway) => ({
      connections: [
        connection(),
        connection({
          id: 'gmail-connection',
          service: 'gmail',
          status: 'needs_reauthorization',
          reason: 'admin_policy',
          action: reconnect(gateway),
          capabilities: { 'token.read': 'unavailable', 'token.refresh': 'unavailable' },
        }),
        connection({ id: 'drive-connection', service: 'drive' }),
      ],
      copies: {
        gmail: sync('paused', 'admin_policy'),
        drive: sync('stale', 'overdue', { lastSyncedAt: at(-200) }),
      },
      google: [
        google('calendar'),
        google('drive', { status: 'degraded', reason: 'google_unavailable', since: at(-7) }),
        google('gmail'),
      ],
    }),
    title: 'Up to date',
    answer: 'Also: Gmail (alice@example.com): connect again.',
    says: ['Gmail messages', 'Drive files', 'Ask the administrator to allow this application'],
  },
  {
    name: 'token-service is away',
    world: () => ({ connections: 'away', google: 'away', unreachable: ['token-service'] }),
    title: 'Cannot be found out',
    answer: 'Could not be found out right now: how your connections are; whether Google is well.',
    says: ['Your connections cannot be read', 'r-17'],
  },
  {
    name: 'calendar-service is away',
    world: () => ({ calendars: 'away', unreachable: ['calendar-service'] }),
    title: 'Cannot be found out',
    answer: 'Your Google account is connected, but the state of your calendars cannot be read right now.',
    says: ['No sync can be asked for right now: the part of Evergrant that does it does not answer.'],
    withheld: 'Sync now',
  },
]
