import { expect, it } from 'vitest'
import { ownerOfPath } from './owner-of-path.ts'

it.each([
  ['/v1/authorizations', 'oauth-service'],
  ['/v1/authorizations/17/begin', 'oauth-service'],
  ['/v1/oauth/google/callback', 'oauth-service'],
  ['/v1/connections/17/access-token', 'token-service'],
  ['/v1/grants/cohorts', 'token-service'],
  ['/v1/schema', 'token-service'],
  ['/v1/google/health', 'token-service'],
  ['/v1/google/security-events', 'token-service'],
  ['/v1/google/notifications', 'calendar-service'],
  ['/v1/calendar/events', 'calendar-service'],
  ['/v1/drive/files', 'calendar-service'],
  ['/v1/gmail/messages', 'calendar-service'],
  ['/v1/dead-letters/oauth-service', 'oauth-service'],
  ['/v1/dead-letters/token-service/consumer-17/retry', 'token-service'],
  ['/v1/dead-letters/calendar-service', 'calendar-service'],
])('%s belongs to %s', (path, owner) => {
  expect(ownerOfPath(path)).toBe(owner)
})

it.each([
  '/v1/',
  '/v1/google',
  '/v1/dead-letters',
  '/v1/dead-letters/gateway',
  '/v1/connectionsX',
  '/v1/%63onnections',
  '/v2/connections',
  '/health/ready',
])('%s belongs to nobody', (path) => {
  expect(ownerOfPath(path)).toBeUndefined()
})
