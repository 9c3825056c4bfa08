import type { Service } from '@evergrant/event-contracts'
import type { AuthorizationAnswer } from '../../application/read-authorization.ts'
import type { AuthorizationView } from '../../domain/authorization-view.ts'
import type { PageContent } from './page.ts'

const names: Record<Service, string> = { calendar: 'Google Calendar', drive: 'Google Drive', gmail: 'Gmail' }

const list = new Intl.ListFormat('en')

/** What the result page says; never more than is true. */
export function resultText({ view, next }: AuthorizationAnswer): PageContent {
  const content = contentFor(view)
  if (!next) return content
  const label =
    next.kind === 'grant_scopes'
      ? `Add ${named(next.services)}`
      : { reconnect: 'Reconnect', try_again: 'Try again' }[next.kind]
  return { ...content, link: { label, href: next.urlFor() } }
}

function contentFor(view: AuthorizationView): PageContent {
  switch (view.status) {
    case 'granted':
      return granted(view)
    case 'denied':
      return { title: 'Not connected', paragraphs: [denials[view.reason ?? ''] ?? denials.access_denied] }
    case 'failed':
      return { title: 'Not connected', paragraphs: [`${failure(view.reason)} Nothing was connected.`] }
    case 'expired':
      return { title: 'Too late', paragraphs: ['This authorization has expired. Please start again.'] }
    case 'pending':
      return { title: 'Still working', paragraphs: ['The connection is being set up.'] }
  }
}

function granted({ account, incomplete = [], reason, services }: AuthorizationView): PageContent {
  const lacking = incomplete.map(({ service }) => service)
  const complete = services.filter((service) => !lacking.includes(service))
  const who = account?.email ? `Your Google account ${account.email}` : 'Your Google account'
  const paragraphs = [
    complete.length > 0
      ? `${who} is connected: ${named(complete)}.`
      : `${who} was confirmed, but none of the requested access was ticked.`,
  ]
  if (complete.length > 0 && lacking.length > 0)
    paragraphs.push(`Not ticked, so not connected: ${named(lacking)}.`)
  paragraphs.push(...(reservations[reason ?? ''] ?? []))
  if (complete.length > 0 && lacking.length === 0 && reason === undefined) {
    paragraphs.push('You can close this page.')
  }
  return { title: titleOf(complete.length, lacking.length, reason), paragraphs }
}

function titleOf(complete: number, lacking: number, reason: string | undefined): string {
  if (complete === 0) return 'Nothing connected'
  if (reason === 'different_account') return 'Another account connected'
  if (lacking > 0) return 'Partly connected'
  return reason === 'refresh_token_missing' ? 'Connected for now' : 'Connected'
}

const reservations: Readonly<Record<string, readonly string[]>> = {
  different_account: [
    'This is not the account you were about to reconnect. That one is as it was; this one is connected beside it.',
  ],
  refresh_token_missing: [
    'Google gave no lasting access, though it was asked twice, so this connection ends within the hour.',
    'To repair it, remove this application under myaccount.google.com/connections, then connect again.',
  ],
}

const denials: Readonly<Record<string, string>> & { readonly access_denied: string } = {
  access_denied: 'You chose not to give access, so nothing was connected. You can close this page.',
  admin_policy_enforced:
    'Your organisation does not allow this application, so nothing was connected. Its Google Workspace administrator can allow it.',
  org_internal:
    'This application is open only to members of the organisation it belongs to, so nothing was connected. Use an account of that organisation.',
  consent_required: 'Google needs your consent and did not get it, so nothing was connected.',
}

function failure(reason: string | undefined): string {
  switch (reason) {
    case 'google_unavailable':
    case 'temporarily_unavailable':
    case 'server_error':
      return 'Google did not answer as it should.'
    case 'client_misconfigured':
    case 'google_client_not_configured':
      return 'This application is not set up correctly at Google; its operator has to look at it.'
    case 'disallowed_useragent':
      return 'Google does not allow signing in inside this app; open the link in a browser.'
    case 'code_rejected':
      return 'The answer from Google came too late or was used before.'
    default:
      return 'The answer from Google could not be accepted.'
  }
}

function named(services: readonly Service[]): string {
  return list.format(services.map((service) => names[service]))
}
