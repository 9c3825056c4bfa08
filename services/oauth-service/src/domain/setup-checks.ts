import { requiredScopes, type Service, services } from '@evergrant/event-contracts'

/** One thing that has to be right before a first user can connect. */
export interface SetupCheck {
  readonly name: string
  /** `unknown` where it cannot be told from here, or not yet. */
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown'
  readonly says: string
  /** What to do about it. */
  readonly remedy?: string
}

type Verdict = 'accepted' | 'refused' | 'unknown'

/** What is known about the setup. */
export interface Setup {
  readonly configured: boolean
  readonly missing: readonly string[]
  readonly issuer: string
  readonly redirectUri: string
  readonly discovery: { readonly reachable: boolean }
  readonly client: Verdict
  readonly redirectUriRegistration: Verdict
  readonly clockSkewSeconds: number | null
  /** Whether the refresh token that came last has an end; null when none ever came. */
  readonly refreshTokensEnd: boolean | null
  readonly sealingKeyThumbprint: string
  /** Whether what another replica encrypted can be read here; null when nothing is kept at the moment. */
  readonly secretsReadable: boolean | null
}

/** Google's classes: restricted scopes need a yearly assessment before strangers may use the application. */
const restricted = /\/auth\/(drive|drive\.readonly|drive\.metadata\.readonly|gmail\..+)$/

const googleIssuer = 'https://accounts.google.com'
const googleConsole = 'console.cloud.google.com/auth'

/** Everything that decides whether a first user will succeed, the first thing to mend first. */
export function setupChecks(setup: Setup): readonly SetupCheck[] {
  return [
    clientCheck(setup),
    reachabilityCheck(setup),
    redirectUriCheck(setup),
    scopesCheck(setup),
    consentScreenCheck(setup),
    clockCheck(setup),
    keysCheck(setup),
  ]
}

function clientCheck({ client, configured, missing }: Setup): SetupCheck {
  const name = 'client'
  if (!configured) {
    return {
      name,
      status: 'failed',
      says: `No Google client is configured: ${missing.join(' and ')} not set.`,
      remedy: `Create an OAuth client (type: web application) at ${googleConsole}/clients and set both variables.`,
    }
  }
  if (client === 'refused') {
    const remedy = `Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with ${googleConsole}/clients.`
    return {
      name,
      status: 'failed',
      says: 'Google does not know this client, or its secret is wrong.',
      remedy,
    }
  }
  return client === 'accepted'
    ? { name, status: 'ok', says: 'Google accepts the client and its secret.' }
    : { name, status: 'unknown', says: 'Google has not said whether it accepts the client.' }
}

function reachabilityCheck({ discovery, issuer }: Setup): SetupCheck {
  const name = 'reachability'
  if (discovery.reachable)
    return { name, status: 'ok', says: `The discovery document of ${issuer} was read.` }
  return {
    name,
    status: 'failed',
    says: `The discovery document of ${issuer} cannot be read, or does not belong to it.`,
    remedy: 'Check GOOGLE_ISSUER, and that this host may open outgoing connections to it.',
  }
}

function redirectUriCheck({ issuer, redirectUri, redirectUriRegistration: registration }: Setup): SetupCheck {
  const name = 'redirect_uri'
  const problem = issuer === googleIssuer ? whatGoogleRefuses(new URL(redirectUri)) : undefined
  if (problem !== undefined || registration === 'refused') {
    const says = problem ?? `${redirectUri} is not registered for this client.`
    const remedy = `Register exactly ${redirectUri} at ${googleConsole}/clients, or correct PUBLIC_URL.`
    return { name, status: 'failed', says, remedy }
  }
  return registration === 'accepted'
    ? { name, status: 'ok', says: `${redirectUri} is registered.` }
    : { name, status: 'unknown', says: `Google has not said whether ${redirectUri} is registered.` }
}

/** Google's validation rules for redirect URIs. */
function whatGoogleRefuses({ hostname, protocol }: URL): string | undefined {
  const isLoopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)
  if (isLoopback) return undefined
  if (protocol !== 'https:') return 'Google accepts plain http only on loopback addresses.'
  if (/^[\d.]+$|^\[/.test(hostname)) return 'Google accepts no IP address as a redirect URI.'
  return hostname.includes('.') ? undefined : 'Google accepts only hosts under a public domain.'
}

function scopesCheck({ issuer }: Setup): SetupCheck {
  const asked = services.map((service) => `${service}: ${nameOf(service)}`).join('; ')
  const says = `Asked for when a service is connected for reading: ${asked}.`
  const name = 'scopes'
  if (issuer !== googleIssuer) return { name, status: 'ok', says }
  const strict = services.filter((service) =>
    requiredScopes(service, 'read').some((scope) => restricted.test(scope)),
  )
  const remedy = `Add them at ${googleConsole}/scopes and enable each API. ${strict.join(' and ')} are restricted: strangers see a warning until Google has verified the application.`
  return { name, status: 'unknown', says, remedy }
}

function nameOf(service: Service): string {
  return requiredScopes(service, 'read')
    .map((scope) => scope.split('/').at(-1))
    .join(', ')
}

function consentScreenCheck({ refreshTokensEnd }: Setup): SetupCheck {
  const name = 'consent_screen'
  if (refreshTokensEnd === true) {
    const says = 'The application is in testing mode: Google ends every refresh token after seven days.'
    return { name, status: 'warning', says, remedy: `Publish it at ${googleConsole}/audience.` }
  }
  if (refreshTokensEnd === false) {
    return { name, status: 'ok', says: 'Refresh tokens have no end: the application is published.' }
  }
  const says = 'Nobody has connected yet, so it is unknown whether the application is in testing mode.'
  const remedy = `In testing mode only test users can connect, for seven days: see ${googleConsole}/audience.`
  return { name, status: 'unknown', says, remedy }
}

/** Google's `Date` has whole seconds, and its answer takes a while. */
const toleratedSkewSeconds = 5

function clockCheck({ clockSkewSeconds: skew }: Setup): SetupCheck {
  const name = 'clock'
  if (skew === null) return { name, status: 'unknown', says: 'Google has not told its time yet.' }
  const says = `This host is ${Math.abs(skew)} s ${skew < 0 ? 'ahead of' : 'behind'} Google.`
  if (Math.abs(skew) <= toleratedSkewSeconds) return { name, status: 'ok', says }
  const remedy = 'Set the clock (NTP). Expiry is corrected for it, but logs and other services are not.'
  return { name, status: 'warning', says, remedy }
}

function keysCheck({ secretsReadable, sealingKeyThumbprint }: Setup): SetupCheck {
  const name = 'keys'
  if (secretsReadable === false) {
    const remedy = 'Give every replica the same SECRETS_KEY_FILE.'
    return {
      name,
      status: 'failed',
      says: 'What is kept for open authorizations cannot be read here.',
      remedy,
    }
  }
  return { name, status: 'ok', says: `Tokens are sealed to the key ${sealingKeyThumbprint}.` }
}
