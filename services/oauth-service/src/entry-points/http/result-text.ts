import type { AuthorizationView } from '../../domain/authorization-view.ts'

export interface ResultText {
  readonly title: string
  readonly text: string
}

/** What the result page says; never more than is true. */
export function resultText({ status, reason, missingScopes, connections }: AuthorizationView): ResultText {
  switch (status) {
    case 'granted':
      return grantedText(missingScopes.length > 0, (connections ?? []).length > 0)
    case 'denied':
      return {
        title: 'Not connected',
        text:
          reason === 'access_denied'
            ? 'You chose not to give access, so nothing was connected. You can close this page.'
            : 'Your organisation does not allow this connection. Its Google administrator can change that.',
      }
    case 'failed':
      return {
        title: 'Not connected',
        text: `${failedText(reason)} Nothing was connected; please start again.`,
      }
    case 'expired':
      return { title: 'Too late', text: 'This authorization has expired. Please start again.' }
    case 'pending':
      return { title: 'Still working', text: 'The connection is being set up.' }
  }
}

function grantedText(someMissing: boolean, someConnected: boolean): ResultText {
  if (!someConnected) {
    return {
      title: 'Nothing connected',
      text: 'Google confirmed your account, but none of the requested access was ticked. Start again to add it.',
    }
  }
  return {
    title: someMissing ? 'Partly connected' : 'Connected',
    text: someMissing
      ? 'Your Google account is connected, but some of the requested access was not ticked. Start again to add it.'
      : 'Your Google account is connected. You can close this page.',
  }
}

function failedText(reason: string | undefined): string {
  switch (reason) {
    case 'google_unavailable':
    case 'temporarily_unavailable':
    case 'server_error':
      return 'Google did not answer as it should.'
    case 'client_misconfigured':
    case 'google_client_not_configured':
      return 'This application is not set up correctly at Google; its operator has to look at it.'
    default:
      return 'The answer from Google could not be accepted.'
  }
}
