import { stackErrors } from './errors.ts'

/** Where Google is, and who we are to it. */
export interface GoogleClient {
  readonly issuer: string
  readonly apiRootUrl: string
  readonly tokeninfoUrl: string
  /** Without a client nobody can connect; oauth-service says so. */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

const realGoogle = {
  issuer: 'https://accounts.google.com',
  apiRootUrl: 'https://www.googleapis.com/',
  tokeninfoUrl: 'https://oauth2.googleapis.com/tokeninfo',
}

/** @returns undefined when nothing names a Google: the emulator stands in.
 * @throws DomainError bad_option for half a client. */
export function googleFrom(
  env: Readonly<Record<string, string | undefined>>,
  noEmulator: boolean,
): GoogleClient | undefined {
  const given = (name: string) => env[name] || undefined
  const clientId = given('GOOGLE_CLIENT_ID')
  const clientSecret = given('GOOGLE_CLIENT_SECRET')
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw stackErrors.bad_option({
      message: 'GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET go together: set both, or none for the emulator',
    })
  const named = given('GOOGLE_ISSUER')?.replace(/\/$/, '')
  if (named === undefined && clientId === undefined && !noEmulator) return undefined
  const issuer = named ?? realGoogle.issuer
  const isGoogle = issuer === realGoogle.issuer
  return {
    issuer,
    apiRootUrl: given('GOOGLE_API_ROOT_URL') ?? (isGoogle ? realGoogle.apiRootUrl : issuer),
    tokeninfoUrl:
      given('GOOGLE_TOKENINFO_URL') ?? (isGoogle ? realGoogle.tokeninfoUrl : `${issuer}/tokeninfo`),
    clientId,
    clientSecret,
  }
}
