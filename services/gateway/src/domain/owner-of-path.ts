export const serviceNames = ['oauth-service', 'token-service', 'calendar-service'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Longer prefixes first: `google/health` and `google/notifications` have different owners. */
const owners: readonly (readonly [prefix: string, owner: ServiceName])[] = [
  ['/v1/google/health', 'token-service'],
  ['/v1/google/security-events', 'token-service'],
  ['/v1/google/notifications', 'calendar-service'],
  ['/v1/authorizations', 'oauth-service'],
  ['/v1/oauth', 'oauth-service'],
  ['/v1/connections', 'token-service'],
  ['/v1/grants', 'token-service'],
  ['/v1/schema', 'token-service'],
  ['/v1/vault', 'token-service'],
  ['/v1/legacy-imports', 'token-service'],
  ['/v1/calendar', 'calendar-service'],
  ['/v1/drive', 'calendar-service'],
  ['/v1/gmail', 'calendar-service'],
  ['/v1/syncs', 'calendar-service'],
  // What every service has, the path says whose it is.
  ...serviceNames.map((name) => [`/v1/dead-letters/${name}`, name] as const),
]

/** The service that owns a path, or undefined. The path is matched as it was sent: what needs decoding to match has no owner. */
export function ownerOfPath(path: string): ServiceName | undefined {
  return owners.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1]
}
