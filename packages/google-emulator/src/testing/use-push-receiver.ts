import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { drive as driveApi } from 'googleapis/build/src/apis/drive/index.js'
import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { afterEach, beforeEach, expect } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

export const alice = 'alice@example.com'
export const bob = 'bob@example.com'
export const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

/** What Google's own library rejects with when the API says no. */
export const refusal = (status: number, reason: string): object => ({
  status,
  response: { data: { error: { errors: [expect.objectContaining({ reason })] } } },
})

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An address that Google pushes to; every test gets its own, and a Google whose Alice and Bob own nothing yet. */
export function usePushReceiver(): PushReceiver {
  const push = new PushReceiver()
  beforeEach(() => push.open())
  afterEach(() => push.close())
  return push
}

class PushReceiver {
  google!: GoogleEmulator
  address = ''
  received: Received[] = []
  /** The statuses it answers with, in order; 204 once they are used up. */
  answers: number[] = []
  private server!: Server

  async open(): Promise<void> {
    this.google = await startGoogleEmulator({ seed: 'empty' })
    this.google.addAccount({ email: alice })
    this.google.addAccount({ email: bob })
    this.google.configurePush({ firstRetryMs: 1 })
    this.received = []
    this.answers = []
    this.server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      this.received.push({ headers: request.headers, body })
      response.writeHead(this.answers.shift() ?? 204).end()
    })
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`
  }

  async close(): Promise<void> {
    await this.google.close()
    this.server.close()
    await once(this.server, 'close')
  }

  readonly calendar = (email = alice) => calendarApi({ version: 'v3', ...this.clientFor(email) })
  readonly drive = () => driveApi({ version: 'v3', ...this.clientFor(alice) })
  readonly gmail = () => gmailApi({ version: 'v1', ...this.clientFor(alice) })

  channel(more: object = {}) {
    return { id: randomUUID(), type: 'web_hook', address: this.address, token: 'ours', ...more }
  }

  async watchEvents(more: object = {}) {
    const requestBody = this.channel(more)
    return (await this.calendar().events.watch({ calendarId: 'primary', requestBody })).data
  }

  /** What arrived, once everything that happened has been told. */
  async told(): Promise<readonly Received[]> {
    await this.google.deliveriesSettled()
    return this.received
  }

  readonly states = () => this.received.map(({ headers }) => headers['x-goog-resource-state'])
  readonly numbers = () => this.received.map(({ headers }) => Number(headers['x-goog-message-number']))

  private clientFor(email: string) {
    const prefix = 'https://www.googleapis.com/auth/'
    const scopes = ['calendar.readonly', 'drive.metadata.readonly', 'gmail.metadata'].map(
      (name) => prefix + name,
    )
    const { accessToken } = this.google.issueTokens({ email, scopes })
    const headers = { authorization: `Bearer ${accessToken}` }
    return { rootUrl: `${this.google.url}/`, headers, retry: false }
  }
}
