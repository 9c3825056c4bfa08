/** Scopes that make Google end a refresh token when its user changes the password; good for JavaScript and PostgreSQL. */
export const gmailScopePattern = '/auth/gmail[.]|//mail[.]google[.]com/'

export function readsGmail(scopes: readonly string[]): boolean {
  return new RegExp(gmailScopePattern).test(scopes.join(' '))
}
