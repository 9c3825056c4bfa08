/** Google takes the short names of OpenID Connect and answers with the long ones. */
const longNames: Readonly<Record<string, string>> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
}

/** Scopes under the one name Google gives them, so that asked and granted ones can be compared. */
export function canonicalScopes(scopes: readonly string[]): string[] {
  return scopes.map((scope) => longNames[scope] ?? scope)
}
