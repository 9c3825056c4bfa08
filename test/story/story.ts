import { apiClient } from './api-client.ts'
import { browser } from './browser.ts'
import type { SeenEvent } from './bus-watch.ts'
import { dropped, healed, refused } from './drift-steps.ts'
import { eventually } from './eventually.ts'
import { googleAccount } from './google-account.ts'
import { hold, type Plot, type Step, seen } from './plot.ts'
import type { RunningStack } from './running-stack.ts'

interface Connection {
  readonly id: string
  readonly service: string
  readonly status: string
  readonly generation: number
}

const connect: Step = {
  title: 'A user asks to connect Google Calendar',
  play: async (plot) => {
    const { status, body } = await plot.api.post('/v1/authorizations', {
      services: ['calendar'],
      access: 'read',
    })
    hold(status === 201, `expected 201, got ${status}: ${JSON.stringify(body)}`)
    const { id, authorizationUrl } = body as { id: string; authorizationUrl: string }
    plot.authorizationId = id

    const user = browser()
    const consentPage = await user.redirectOf(authorizationUrl)
    const callback = await plot.google.consent(consentPage)
    const landed = await user.request(callback)
    hold(landed.status < 400, `the callback answered ${landed.status}`)
    return `authorization ${id} went through the browser and back`
  },
}

const issued: Step = {
  title: 'The authorization is granted and TokenIssued is on the bus, its tokens sealed',
  play: async (plot) => {
    const authorization = await eventually(
      async () => {
        const { body } = await plot.api.get(`/v1/authorizations/${plot.authorizationId}`)
        const found = body as { status: string; connections?: string[] }
        return found.status === 'granted' ? found : undefined
      },
      { what: 'the authorization to be granted' },
    )
    plot.connectionId = authorization.connections?.[0] ?? ''
    const event = await seen(
      plot,
      'evergrant.oauth.token-issued.v1',
      (data) => data.authorizationId === plot.authorizationId,
    )
    return `${event.id} carries tokens only token-service can open`
  },
}

const active: Step = {
  title: 'The connection is active',
  play: async (plot) => {
    const connection = await eventually(
      async () => {
        const { body } = await plot.api.get(`/v1/connections/${plot.connectionId}`)
        const found = body as Connection
        return found.status === 'active' ? found : undefined
      },
      { what: 'the connection to be active' },
    )
    plot.generation = connection.generation
    return `connection ${connection.id}, generation ${connection.generation}`
  },
}

const borrow: Step = {
  title: 'A service borrows an access token, and Google takes it',
  play: async (plot) => {
    const { status, body } = await plot.borrower.post(`/v1/connections/${plot.connectionId}/access-token`, {
      purpose: 'story',
    })
    hold(status === 200, `expected 200, got ${status}: ${JSON.stringify(body)}`)
    const { accessToken, expiresAt } = body as { accessToken: string; expiresAt: string }
    const google = await plot.google.statusFor(accessToken)
    hold(google === 200, `Google answered ${google} to the borrowed token`)
    return `valid until ${expiresAt}`
  },
}

const synced: Step = {
  title: 'The calendar is synced',
  play: async (plot) => {
    const calendars = await eventually(
      async () => {
        const { body } = await plot.api.get('/v1/calendar/calendars')
        const { items } = body as { items: { sync: { status: string } }[] }
        return items.length > 0 && items.every(({ sync }) => sync.status === 'fresh') ? items : undefined
      },
      { what: 'every calendar to be fresh' },
    )
    const { body } = await plot.api.get('/v1/calendar/events')
    const { items } = body as { items: unknown[] }
    hold(items.length > 0, 'no event was synced')
    return `${calendars.length} calendars, ${items.length} events`
  },
}

const changed: Step = {
  title: 'An event is added at Google; the next sync brings only that',
  play: async (plot) => {
    plot.changedEventId = await plot.google.addEvent('Board meeting of the story')
    await syncNow(plot)
    const event = await eventually(
      async () => {
        const { body } = await plot.api.get('/v1/calendar/events')
        const { items } = body as { items: { id: string; summary: string }[] }
        return items.find(({ id }) => id === plot.changedEventId)
      },
      { what: 'the added event' },
    )
    return `"${event.summary}" is here`
  },
}

async function syncNow(plot: Plot): Promise<void> {
  const { status, body } = await plot.api.post('/v1/calendar/syncs', { connectionId: plot.connectionId })
  hold(status === 202, `expected 202, got ${status}: ${JSON.stringify(body)}`)
  const { id } = body as { id: string }
  await eventually(
    async () => {
      const sync = (await plot.api.get(`/v1/calendar/syncs/${id}`)).body as {
        status: string
        error?: unknown
      }
      return sync.status === 'completed'
    },
    { what: `sync ${id} to complete`, timeoutMs: 60_000 },
  )
}

const refreshed: Step = {
  title: 'The token is refreshed',
  play: async (plot) => {
    const { status, body } = await plot.api.post(`/v1/connections/${plot.connectionId}/refresh`)
    hold(status === 200, `expected 200, got ${status}: ${JSON.stringify(body)}`)
    const { generation } = body as Connection
    hold(generation > plot.generation, `generation ${generation} is not above ${plot.generation}`)
    await seen(
      plot,
      'evergrant.token.token-refreshed.v1',
      (data) => data.userId === plot.user && data.generation === generation,
    )
    plot.generation = generation
    return `generation ${generation}`
  },
}

const healthy: Step = {
  title: 'Everything is healthy, and the connection can say how it came here',
  play: async (plot) => {
    await eventually(async () => (await fetch(`${plot.stack.endpoints().gateway}/health`)).status === 200, {
      what: 'the gateway to report health',
      timeoutMs: 60_000,
    })
    const { body } = await plot.api.get(`/v1/connections/${plot.connectionId}/history`)
    const { items } = body as { items: { type: string }[] }
    hold(items.length >= 2, 'the history is empty')
    return items
      .map(({ type }) => type)
      .reverse()
      .join(' → ')
  },
}

/** The main job from end to end, with the outage it was made for in the middle. */
export const steps: readonly Step[] = [
  connect,
  issued,
  active,
  borrow,
  synced,
  changed,
  refreshed,
  dropped,
  refused,
  healed,
  healthy,
]

export interface StoryListener {
  readonly onStep?: (number: number, step: Step) => void | Promise<void>
  readonly onHeld?: (number: number, said: string) => void
}

/** Plays the story for a fresh user. @throws the first step that does not hold. */
export async function playStory(
  stack: RunningStack,
  events: readonly SeenEvent[],
  listener: StoryListener = {},
): Promise<Plot> {
  const user = `story-${Date.now().toString(36)}`
  const userToken = await stack.token(user)
  const borrowerToken = await stack.token('story-borrower', 'tokens:read')
  const operatorToken = await stack.token('story-operator', 'admin')
  const gateway = () => stack.endpoints().gateway
  const plot: Plot = {
    stack,
    user,
    userToken,
    borrowerToken,
    operatorToken,
    api: apiClient(gateway, () => userToken),
    borrower: apiClient(gateway, () => borrowerToken),
    google: await googleAccount(stack, `${user}@example.com`),
    events,
    authorizationId: '',
    connectionId: '',
    generation: 0,
    changedEventId: '',
  }
  for (const [index, step] of steps.entries()) {
    await listener.onStep?.(index + 1, step)
    // On a line of its own: an optional call that is not made does not evaluate its arguments either.
    const said = await step.play(plot)
    listener.onHeld?.(index + 1, said)
  }
  return plot
}
