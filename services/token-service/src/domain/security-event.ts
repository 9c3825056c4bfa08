/** What a security event of the provider means for the grants of an account. */
export interface SecurityEvent {
  /** The SET's own id: the same event may be delivered many times. */
  readonly eventId: string
  /** Google's `sub`. */
  readonly accountId: string
  readonly occurredAt: string
  /** Why the grants end; null when the event ends none (a verification, an account that is enabled again). */
  readonly reason: 'revoked_at_google' | 'account_disabled' | null
}

/** Google's event types (developers.google.com/identity/protocols/risc) that end access. A hijacked session or a changed
 * password says nothing about our tokens: Google revokes those in an event of its own. */
const endings: Readonly<Record<string, NonNullable<SecurityEvent['reason']>>> = {
  'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked': 'revoked_at_google',
  'https://schemas.openid.net/secevent/risc/event-type/account-purged': 'revoked_at_google',
  'https://schemas.openid.net/secevent/risc/event-type/account-disabled': 'account_disabled',
}

export function endingOf(eventType: string): SecurityEvent['reason'] {
  return Object.hasOwn(endings, eventType) ? (endings[eventType] ?? null) : null
}
