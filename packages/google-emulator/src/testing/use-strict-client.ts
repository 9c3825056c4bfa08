import * as oauth from 'oauth4webapi'
import { afterEach, beforeEach } from 'vitest'
import { type ConsentAnswer, consentAs } from '../consent-as.ts'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

export const calendarScope = 'https://www.googleapis.com/auth/calendar.readonly'
export const driveScope = 'https://www.googleapis.com/auth/drive.metadata.readonly'
export const emailScope = 'https://www.googleapis.com/auth/userinfo.email'
export const redirectUri = 'http://127.0.0.1:9999/v1/oauth/google/callback'
export const insecure = { [oauth.allowInsecureRequests]: true }

/** What a test asks otherwise than usual; null leaves a parameter out. */
type Changes = Readonly<Record<string, string | null>>

interface Attempt {
  readonly url: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

/** A client whose library takes no answer that breaks a rule; every test gets a Google of its own. */
export function useStrictClient(): StrictClient {
  const app = new StrictClient()
  beforeEach(() => app.register())
  afterEach(() => app.google.close())
  return app
}

class StrictClient {
  google!: GoogleEmulator
  server!: oauth.AuthorizationServer
  client!: oauth.Client
  secret!: oauth.ClientAuth

  async register(): Promise<void> {
    this.google = await startGoogleEmulator({ client: { redirectUris: [redirectUri] } })
    const issuer = new URL(this.google.url)
    const discovered = await oauth.discoveryRequest(issuer, insecure)
    this.server = await oauth.processDiscoveryResponse(issuer, discovered)
    this.client = { client_id: this.google.client.clientId }
    this.secret = oauth.ClientSecretPost(this.google.client.clientSecret)
  }

  async attempt(changes: Changes = {}): Promise<Attempt> {
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const nonce = 'n-0S6_WzA2Mj'
    const url = new URL(this.server.authorization_endpoint ?? '')
    const parameters = {
      client_id: this.client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: `openid email ${calendarScope}`,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      access_type: 'offline',
      ...changes,
    }
    for (const [name, value] of Object.entries(parameters))
      if (value !== null) url.searchParams.set(name, value)
    return { url: url.href, verifier, state, nonce }
  }

  async exchange(to: Attempt, redirect: string, verifier = to.verifier): Promise<Response> {
    const { server, client, secret } = this
    const parameters = oauth.validateAuthResponse(server, client, new URL(redirect), to.state)
    return oauth.authorizationCodeGrantRequest(
      server,
      client,
      secret,
      parameters,
      redirectUri,
      verifier,
      insecure,
    )
  }

  async signIn(answer: ConsentAnswer, changes?: Changes): Promise<oauth.TokenEndpointResponse> {
    const to = await this.attempt(changes)
    const response = await this.exchange(to, await consentAs(to.url, answer))
    return oauth.processAuthorizationCodeResponse(this.server, this.client, response, {
      expectedNonce: to.nonce,
    })
  }

  async refresh(refreshToken: string | undefined): Promise<oauth.TokenEndpointResponse> {
    const { server, client, secret } = this
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      secret,
      refreshToken ?? '',
      insecure,
    )
    return oauth.processRefreshTokenResponse(server, client, response)
  }
}
