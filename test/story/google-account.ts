import { consentAs } from '@evergrant/google-emulator'
import { eventually } from './eventually.ts'
import type { RunningStack } from './running-stack.ts'

/** One person's account at the emulated Google: consents, and changes the calendar behind our back. */
export interface GoogleAccount {
  /** Plays the consent page and answers the callback URL Google redirects to. */
  consent(authorizationUrl: string): Promise<string>
  /** The status Google answers a bearer token with. */
  statusFor(accessToken: string): Promise<number>
  /** Adds an event to the primary calendar and answers its id. */
  addEvent(summary: string): Promise<string>
  /** Secrets that went by, for the test that searches for them afterwards. */
  readonly secretsSeen: Readonly<Record<string, string>>
  readonly codeChallenges: readonly string[]
}

/** Makes the account, with two calendars and a handful of events. */
export async function googleAccount(stack: RunningStack, email: string): Promise<GoogleAccount> {
  if (!stack.endpoints().google.emulated)
    throw new Error('the story clicks through consent by itself, so it needs the Google emulator')
  const control = async (path: string, body: object): Promise<Record<string, unknown>> =>
    eventually(
      async () => {
        const response = await fetch(`${new URL(stack.endpoints().google.issuer).origin}/emulator${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
        return (await response.json()) as Record<string, unknown>
      },
      { what: `the emulator's ${path}` },
    )
  const primary = encodeURIComponent(email)
  await control('/accounts', { email })
  const team = await control('/calendars', { email, summary: `Team of ${email}` })
  await control(`/calendars/${primary}/seed`, { count: 12, seed: 1, from: '2026-11-01' })
  await control(`/calendars/${encodeURIComponent(String(team.id))}/events`, {
    id: `standup${email.replaceAll(/[^a-v0-9]/g, '')}`,
    summary: 'Standup',
    start: { dateTime: '2026-11-02T09:30:00', timeZone: 'Europe/Berlin' },
    end: { dateTime: '2026-11-02T09:45:00', timeZone: 'Europe/Berlin' },
    recurrence: ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE'],
  })

  const secretsSeen: Record<string, string> = {}
  const codeChallenges: string[] = []
  return {
    secretsSeen,
    codeChallenges,
    async consent(authorizationUrl) {
      const asked = new URL(authorizationUrl).searchParams
      codeChallenges.push(asked.get('code_challenge') ?? '')
      secretsSeen.state = asked.get('state') ?? ''
      const callback = await eventually(() => consentAs(authorizationUrl, { email }), {
        what: 'the consent page',
      })
      secretsSeen['authorization code'] = new URL(callback).searchParams.get('code') ?? ''
      return callback
    },
    async statusFor(accessToken) {
      secretsSeen['access token'] = accessToken
      const { apiRootUrl } = stack.endpoints().google
      const response = await fetch(
        new URL('calendar/v3/users/me/calendarList', `${apiRootUrl.replace(/\/$/, '')}/`),
        {
          headers: { authorization: `Bearer ${accessToken}` },
        },
      )
      return response.status
    },
    async addEvent(summary) {
      const event = await control(`/calendars/${primary}/events`, {
        summary,
        start: { dateTime: '2026-11-24T10:00:00', timeZone: 'Europe/Berlin' },
        end: { dateTime: '2026-11-24T11:00:00', timeZone: 'Europe/Berlin' },
      })
      return String(event.id)
    },
  }
}
