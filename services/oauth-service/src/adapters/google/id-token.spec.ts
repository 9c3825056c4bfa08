import { describe, expect, it } from 'vitest'
import { client, useAuthorizationServer, verifier } from '../../testing/use-authorization-server.ts'

const google = useAuthorizationServer()

describe('an ID token', () => {
  it.each([
    ['of another consent (nonce)', () => ({ idToken: { ...google.answers.idToken, nonce: 'x'.repeat(43) } })],
    ['without a nonce', () => ({ idToken: { ...google.answers.idToken, nonce: undefined } })],
    ['for another client', () => ({ idToken: { ...google.answers.idToken, aud: 'client-2' } })],
    ['from another issuer', () => ({ idToken: { ...google.answers.idToken, iss: 'https://evil.example' } })],
    ['that has expired', () => ({ idToken: { ...google.answers.idToken, exp: 1_000_000_000 } })],
    ['signed by somebody else', () => ({ signWith: google.wrongKeys })],
  ])('%s is refused', async (_what, change) => {
    Object.assign(google.answers, change())
    await expect(google.consent().complete(google.callback())).rejects.toMatchObject({
      code: 'id_token_invalid',
    })
  })
  it('that is missing is refused', async () => {
    google.answers.token = () => ({ access_token: 'access-1', token_type: 'Bearer' })
    await expect(google.consent().complete(google.callback())).rejects.toMatchObject({
      code: expect.stringMatching(/^(id_token_invalid|exchange_failed)$/),
    })
  })
  it("is read on Google's clock, however wrong ours is", async () => {
    const seconds = Math.floor(Date.now() / 1000) - 3 * 3600
    google.answers.idToken = { ...google.answers.idToken, iat: seconds, exp: seconds + 3600 }
    google.answers.headers = { date: new Date(seconds * 1000).toUTCString() }
    expect(await google.consent().complete(google.callback())).toMatchObject({ status: 'granted' })
    const provider = google.consent()
    await provider.complete(google.callback())
    expect((await provider.configuration()).clockSkewSeconds).toBeLessThanOrEqual(-3 * 3600 + 1)
  })
  it('and its errors never carry the code, the verifier, a token or the client secret', async () => {
    google.answers.signWith = google.wrongKeys
    const error: unknown = await google
      .consent()
      .complete(google.callback())
      .catch((caught: unknown) => caught)
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error)) + everythingOf(error)
    for (const secret of ['code-1', verifier, 'access-1', 'refresh-1', client.secret]) {
      expect(shown).not.toContain(secret)
    }
  })
})

function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const context = 'context' in error ? JSON.stringify(error.context) : ''
  return `${error.message} ${error.stack} ${context} ${everythingOf(error.cause)}`
}
