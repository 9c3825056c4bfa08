import { describe, expect, it } from 'vitest'
import { redirectUri, useAuthorizationServer } from '../../testing/use-authorization-server.ts'

const google = useAuthorizationServer()

describe('the setup check', () => {
  it.each([
    ['an impossible code', 400, 'invalid_grant', 'accepted'],
    ['the client', 401, 'invalid_client', 'refused'],
    ['the client for good', 400, 'unauthorized_client', 'refused'],
    ['something else', 400, 'invalid_request', 'unknown'],
    ['nothing, because it is ill', 503, 'server_error', 'unknown'],
  ])('reads a server that refuses %s', async (_what, status, error, verdict) => {
    google.answers.tokenStatus = status
    google.answers.token = () => ({ error })
    expect(await google.consent().configuration()).toMatchObject({ client: verdict })
  })
  it.each([
    ['is sent back', `${redirectUri}?error=interaction_required`, 'accepted'],
    ['sees an error page', null, 'refused'],
    ['is sent to an error page', 'https://google.example/signin/oauth/error?x', 'refused'],
    ['is sent to sign in', 'https://google.example/signin', 'unknown'],
    ['is sent to a look-alike', `${redirectUri}.evil.example?error=x`, 'unknown'],
  ])('reads where a browser ends that nobody sits at: it %s', async (_what, location, verdict) => {
    google.answers.authRedirect = location
    expect(await google.consent().configuration()).toMatchObject({ redirectUriRegistration: verdict })
    expect(new URL(google.asked[0] ?? '', google.issuer).searchParams.get('prompt')).toBe('none')
  })
  it('does not ask again and again', async () => {
    const provider = google.consent()
    await provider.configuration()
    await provider.configuration()
    expect(google.asked).toHaveLength(1)
    expect(google.received).toHaveLength(1)
  })
})
