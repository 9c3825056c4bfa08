import type { Account } from '../state.ts'
import { canonicalScopes } from './scopes.ts'

const [emailScope = '', profileScope = ''] = canonicalScopes(['email', 'profile'])

/** Who the account is, as far as the scopes allow it to be told. */
export function userClaims(account: Account, scopes: readonly string[]) {
  return {
    sub: account.sub,
    ...(scopes.includes(emailScope) && { email: account.email, email_verified: true }),
    ...(scopes.includes(profileScope) && { name: account.name, given_name: account.name }),
  }
}
