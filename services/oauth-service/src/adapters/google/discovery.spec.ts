import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { question, useAuthorizationServer, verifier } from '../../testing/use-authorization-server.ts'

const google = useAuthorizationServer()

describe('discovery', () => {
  it('is read once for many consents', async () => {
    const provider = google.consent()
    const urls = await Promise.all([1, 2, 3].map(() => provider.authorizationUrl(question)))
    await provider.authorizationUrl(question)
    expect(google.discoveries).toBe(1)
    const parameters = new URL(urls[0] ?? '').searchParams
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    expect(parameters.get('code_challenge')).toBe(challenge)
    expect(parameters.has('prompt')).toBe(false)
    expect(parameters.has('login_hint')).toBe(false)
  })
  it.each([
    ['of another issuer', (origin: string) => ({ issuer: `${origin}/other` })],
    [
      'that sends the client secret over plain http',
      () => ({ token_endpoint: 'http://google.example/token' }),
    ],
    ['that sends users over plain http', () => ({ authorization_endpoint: 'http://google.example/auth' })],
    ['without keys', () => ({ jwks_uri: undefined })],
  ])('does not believe a document %s', async (_what, change) => {
    const standard = google.answers.discovery
    google.answers.discovery = (origin) => ({ ...standard(origin), ...change(origin) })
    await expect(google.consent().complete(google.callback())).rejects.toMatchObject({
      code: 'google_unavailable',
    })
    expect(google.received).toEqual([])
  })
})
