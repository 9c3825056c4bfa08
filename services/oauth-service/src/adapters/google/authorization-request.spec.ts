import { beforeEach, describe, expect, it } from 'vitest'
import {
  client,
  nonce,
  question,
  redirectUri,
  state,
  useAuthorizationServer,
} from '../../testing/use-authorization-server.ts'

const google = useAuthorizationServer()

describe('a server that takes pushed requests (RFC 9126)', () => {
  beforeEach(() => {
    const standard = google.answers.discovery
    google.answers.discovery = (origin) => ({
      ...standard(origin),
      pushed_authorization_request_endpoint: `${origin}/par`,
    })
  })

  it('gets everything itself, and the browser carries a reference only', async () => {
    const url = new URL(await google.consent().authorizationUrl(question))
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: client.id,
      request_uri: 'urn:ietf:params:oauth:request_uri:1',
    })
    expect(google.received[0]?.authorization).toMatch(/^Basic /)
    expect(Object.fromEntries(google.received[0]?.form ?? [])).toMatchObject({
      state,
      nonce,
      redirect_uri: redirectUri,
      code_challenge_method: 'S256',
      access_type: 'offline',
    })
  })
  it.each([
    [400, 'client_misconfigured'],
    [401, 'client_misconfigured'],
    [429, 'google_unavailable'],
    [503, 'google_unavailable'],
  ])('and google.answers %i is told as %s', async (status, code) => {
    google.answers.push = { status, body: { error: 'invalid_request' } }
    await expect(google.consent().authorizationUrl(question)).rejects.toMatchObject({ code })
  })
  it('over plain http is not believed', async () => {
    const standard = google.answers.discovery
    const pushed_authorization_request_endpoint = 'http://google.example/par'
    google.answers.discovery = (origin) => ({ ...standard(origin), pushed_authorization_request_endpoint })
    await expect(google.consent().authorizationUrl(question)).rejects.toMatchObject({
      code: 'google_unavailable',
    })
    expect(google.received).toEqual([])
  })
})
