import { connect, StringCodec } from 'nats'
import { expect } from 'vitest'
import type { Surroundings } from '../testing.ts'
import { type Browser, createBrowser } from './browser.ts'

interface Opened {
  readonly id: string
  readonly authorizationUrl: string
  readonly expiresAt: string
}

interface Person {
  readonly sub: string
  readonly email: string
}

/** Plays the application, its user and a reader of the bus. */
export interface ConsentDriver {
  /** Nobody has met this person before. */
  somebody(): Person
  request(sub: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  opened(sub: string, body?: object): Promise<Opened>
  read(sub: string, id: string): Promise<{ status: number; body: Record<string, unknown> }>
  browser(serviceUrl?: string): Browser
  /** Everything of that subject about the authorization on the bus. */
  eventsOf(subject: string, authorizationId: string): Promise<readonly Record<string, unknown>[]>
  /** Waits for the one event. */
  eventOf(subject: string, authorizationId: string): Promise<Record<string, unknown>>
}

export function consentDriver(on: Surroundings): ConsentDriver {
  let people = 0
  const driver: ConsentDriver = {
    somebody: () => {
      people += 1
      return { sub: `user-${people}`, email: `person-${people}@example.com` }
    },
    request: async (sub, body, headers = {}) => {
      const authorization = await on.issuer.bearer(sub)
      return fetch(`${on.service.url}/v1/authorizations`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    },
    opened: async (sub, body = { services: ['calendar'] }) => {
      const response = await driver.request(sub, body)
      expect(response.status).toBe(201)
      return (await response.json()) as Opened
    },
    read: async (sub, id) => {
      const authorization = await on.issuer.bearer(sub)
      const response = await fetch(`${on.service.url}/v1/authorizations/${id}`, {
        headers: { authorization },
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    browser: (serviceUrl) => createBrowser(() => serviceUrl ?? on.service.url),
    eventsOf: async (subject, authorizationId) => {
      const all = await streamContents(on.nats.url, subject)
      return all.filter((data) => data.authorizationId === authorizationId)
    },
    eventOf: async (subject, authorizationId) => {
      let events: readonly Record<string, unknown>[] = []
      await expect
        .poll(
          async () => {
            events = await driver.eventsOf(subject, authorizationId)
            return events.length
          },
          { timeout: 15_000 },
        )
        .toBe(1)
      return events[0] ?? {}
    },
  }
  return driver
}

async function streamContents(natsUrl: string, subject: string): Promise<Record<string, unknown>[]> {
  const connection = await connect({ servers: natsUrl })
  try {
    const { streams } = await connection.jetstreamManager()
    const { state } = await streams.info('OAUTH')
    const contents: Record<string, unknown>[] = []
    if (state.messages === 0) return contents
    for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
      const message = await streams.getMessage('OAUTH', { seq: sequence })
      if (message.subject === subject) contents.push(JSON.parse(StringCodec().decode(message.data)))
    }
    return contents
  } finally {
    await connection.close()
  }
}
