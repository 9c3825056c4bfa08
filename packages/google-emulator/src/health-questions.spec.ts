import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from './emulator.ts'

const email = 'alice@example.com'
const gmailScope = 'https://www.googleapis.com/auth/gmail.metadata'
const driveScope = 'https://www.googleapis.com/auth/drive.metadata.readonly'

let google: GoogleEmulator

beforeEach(async () => {
  google = await startGoogleEmulator()
})

afterEach(() => google.close())

async function ask(path: string, scope: string): Promise<[number, unknown]> {
  const { accessToken } = google.issueTokens({ email, scopes: [scope] })
  const answer = await fetch(`${google.url}${path}`, { headers: { authorization: `Bearer ${accessToken}` } })
  return [answer.status, await answer.json()]
}

describe('the health questions', () => {
  it('of Gmail and Drive name the account', async () => {
    expect(await ask('/gmail/v1/users/me/profile', gmailScope)).toMatchObject([200, { emailAddress: email }])
    expect(await ask('/drive/v3/about?fields=user', driveScope)).toMatchObject([
      200,
      { user: { emailAddress: email } },
    ])
  })

  it('are refused without the scope of their own service', async () => {
    expect((await ask('/gmail/v1/users/me/profile', driveScope))[0]).toBe(403)
    expect((await ask('/drive/v3/about?fields=user', gmailScope))[0]).toBe(403)
  })

  it('of Drive insist on fields', async () => {
    expect((await ask('/drive/v3/about', driveScope))[0]).toBe(400)
  })

  it('have neighbours that do not exist', async () => {
    expect((await ask('/drive/v3/nothing', driveScope))[0]).toBe(404)
    const wrongMethod = await fetch(`${google.url}/drive/v3/about`, { method: 'POST' })
    expect(wrongMethod.status).toBe(405)
  })
})
