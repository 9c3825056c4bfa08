import type { Connection, Service } from '@evergrant/event-contracts'

/** Where a click takes the user: the console at the gateway, told what to connect. */
export function consoleUrl(publicUrl: string, service: Service, connectionId: string): string {
  const url = new URL('/console', publicUrl)
  url.searchParams.set('connect', service)
  url.searchParams.set('connection', connectionId)
  return url.href
}

/** What fixes a connection, in the words of whoever reads it; null when nothing is wrong or waiting is the cure. */
export function remedyFor(
  connection: Pick<Connection, 'status' | 'reason'>,
  url: string,
): Connection['action'] {
  if (connection.status === 'missing_scopes') {
    return { kind: 'grant_scopes', description: 'Grant the missing access in one more consent.', url }
  }
  if (connection.status === 'needs_reauthorization' || connection.status === 'disconnected') {
    return { kind: 'reconnect', description: reconnectBecause(connection.reason), url }
  }
  if (connection.reason === 'refresh_token_missing') {
    return {
      kind: 'reconnect',
      description: 'Reconnect before the access token ends: Google sent no refresh token.',
      url,
    }
  }
  if (connection.reason === 'client_misconfigured') {
    return {
      kind: 'contact_operator',
      description: "An operator has to correct the application's Google client.",
    }
  }
  if (connection.reason === 'google_unavailable') {
    return { kind: 'wait', description: 'Google does not answer; Evergrant keeps trying by itself.' }
  }
  return null
}

function reconnectBecause(reason: string | null): string {
  switch (reason) {
    case 'revoked_at_google':
      return 'Access was withdrawn at Google; connect the Google account again.'
    case 'consent_expired_testing_mode':
      return 'The consent screen of this application is in testing, so Google ends access after seven days: connect again, and ask the operator to publish it.'
    case 'refresh_token_unused':
      return 'Nobody used this access for six months, so Google ended it; connect the Google account again.'
    case 'refresh_token_limit':
      return 'Newer consents of the same Google account took the place of this one, as Google keeps a hundred of them: connect again, and ask the operator why there are so many.'
    case 'account_disabled':
      return 'Google has disabled this account; ask its owner, then connect it again.'
    case 'rotation_lost':
      return 'An answer of the provider with a new refresh token was lost; connect the account again.'
    case 'session_control':
      return 'The organisation asks for a fresh sign-in; connect the Google account again.'
    case 'admin_policy':
      return 'An administrator of the Google account blocks this application; ask them, then connect again.'
    case 'refresh_token_missing':
      return 'Google gave no refresh token; connect the Google account again.'
    default:
      return 'Connect the Google account again.'
  }
}
