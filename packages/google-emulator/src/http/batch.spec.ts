import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const message = (id: string) => `/gmail/v1/users/me/messages/${id}?format=minimal`

let google: GoogleEmulator

beforeEach(async () => {
  google = await startGoogleEmulator()
})

afterEach(() => google.close())

async function batch(calls: readonly string[], path = '/batch/gmail/v1') {
  const { accessToken } = google.issueTokens({
    email: alice,
    scopes: ['https://www.googleapis.com/auth/gmail.metadata', 'https://www.googleapis.com/auth/calendar'],
  })
  const parts = calls.map(
    (call, index) =>
      `--b\r\nContent-Type: application/http\r\nContent-ID: <item${index}>\r\n\r\n${call.replace('\n\n', '\r\nContent-Type: application/json\r\n\r\n')}\r\n`,
  )
  const answer = await fetch(google.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'multipart/mixed; boundary=b' },
    body: `${parts.join('')}--b--`,
  })
  const text = await answer.text()
  const statuses = [...text.matchAll(/Content-ID: <(.+)>\r\n\r\nHTTP\/1.1 (\d+)/g)].map(([, id, code]) => [
    id,
    code,
  ])
  return { status: answer.status, type: answer.headers.get('content-type'), text, statuses }
}

describe('a batch', () => {
  it('answers each call on its own, named after it', async () => {
    google.addMessage(alice, { id: 'a' })
    const { status, type, statuses, text } = await batch([`GET ${message('a')}`, `GET ${message('none')}`])
    expect([status, type]).toEqual([200, expect.stringMatching(/^multipart\/mixed; boundary=/)])
    expect(statuses).toEqual([
      ['response-item0', '200'],
      ['response-item1', '404'],
    ])
    expect(text).toContain('"id":"a"')
  })

  it('can write', async () => {
    const event = JSON.stringify({ id: 'batch0', start: { date: '2026-03-01' }, end: { date: '2026-03-02' } })
    const call = `POST /calendar/v3/calendars/primary/events HTTP/1.1\n\n${event}`
    expect((await batch([call, call], '/batch/calendar/v3')).statuses.map(([, code]) => code)).toEqual([
      '200',
      '409',
    ])
  })

  it('counts, fails and is logged call by call', async () => {
    google.addMessage(alice, { id: 'a' })
    google.setQuota('gmail', { perMinutePerUser: 40 })
    google.addFault({ path: '/gmail/*', status: 500 })
    google.clearRequests()
    const { statuses } = await batch(Array(4).fill(`GET ${message('a')}`))
    expect(statuses.map(([, code]) => code)).toEqual(['500', '200', '200', '429'])
    expect(google.requests({ path: '/gmail/' })).toHaveLength(4)
    expect(google.requests({ path: '/batch/' })).toHaveLength(1)
  })

  it('has at most 50 calls for Calendar and 100 for the others', async () => {
    const calls = (count: number) => Array<string>(count).fill(`GET ${message('a')}`)
    expect((await batch(calls(101))).status).toBe(400)
    expect((await batch(calls(51), '/batch/calendar/v3')).status).toBe(400)
    expect((await batch(calls(51))).status).toBe(200)
  })

  it('that is none is refused', async () => {
    for (const calls of [[], ['nonsense']]) expect((await batch(calls)).status).toBe(400)
    const answer = await fetch(`${google.url}/batch/gmail/v1`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(400)
  })
})
