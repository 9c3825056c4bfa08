const api = 'https://www.googleapis.com/auth/'

const aliases: Readonly<Record<string, string>> = {
  email: `${api}userinfo.email`,
  profile: `${api}userinfo.profile`,
}

const descriptions: Readonly<Record<string, string>> = {
  [`${api}calendar`]:
    'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  [`${api}calendar.readonly`]: 'See and download any calendar you can access using your Google Calendar',
  [`${api}calendar.events`]: 'View and edit events on all your calendars',
  [`${api}calendar.events.readonly`]: 'View events on all your calendars',
  [`${api}drive`]: 'See, edit, create, and delete all of your Google Drive files',
  [`${api}drive.readonly`]: 'See and download all your Google Drive files',
  [`${api}drive.metadata.readonly`]: 'See information about your Google Drive files',
  [`${api}gmail.modify`]: 'Read, compose, and send emails from your Gmail account',
  [`${api}gmail.readonly`]: 'View your email messages and settings',
  [`${api}gmail.metadata`]:
    'View your email message metadata such as labels and headers, but not the email body',
  'https://mail.google.com/': 'Read, compose, send, and permanently delete all your email from Gmail',
}

const identity: ReadonlySet<string> = new Set(['openid', ...Object.values(aliases)])

/** Scopes as Google reports them: `email` becomes its long name, order kept, doubles dropped. */
export function canonicalScopes(scopes: readonly string[]): string[] {
  return [...new Set(scopes.map((scope) => aliases[scope] ?? scope))]
}

/** Sign-in scopes come with the account; there is no checkbox for them. */
export const isIdentityScope = (scope: string) => identity.has(scope)

export const isKnownScope = (scope: string) =>
  identity.has(scope) || scope in descriptions || scope.startsWith(api)

/** What the consent page says next to the checkbox. */
export const describeScope = (scope: string) => descriptions[scope] ?? scope
