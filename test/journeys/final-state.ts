import type { Plot } from '../story/plot.ts'

/** What must be the same in the end, whatever was killed on the way: without ids and times, which differ per user and run. */
export async function finalState({ api, user, authorizationId }: Plot): Promise<unknown> {
  const authorization = (await api.get(`/v1/authorizations/${authorizationId}`)).body as Record<
    string,
    unknown
  >
  const connections = (await api.get('/v1/connections')).body as { items: Record<string, unknown>[] }
  const calendars = (await api.get('/v1/calendar/calendars')).body as {
    items: { summary: string; primary: boolean; sync: { status: string } }[]
  }
  const events = (await api.get('/v1/calendar/events?limit=200')).body as {
    items: { summary: string; start?: unknown; recurrence?: unknown; status: string }[]
  }
  const anonymous = (text: string) => text.replaceAll(user, 'the user')
  return {
    authorization: { status: authorization.status, missingScopes: authorization.missingScopes },
    connections: connections.items.map(({ service, status, reason, scopes, missingScopes, access }) => ({
      service,
      status,
      reason,
      scopes,
      missingScopes,
      access,
    })),
    calendars: calendars.items
      .map(({ summary, primary, sync }) => ({ summary: anonymous(summary), primary, sync: sync.status }))
      .sort((a, b) => a.summary.localeCompare(b.summary)),
    events: events.items
      .map(({ summary, start, recurrence, status }) => JSON.stringify({ summary, start, recurrence, status }))
      .sort(),
  }
}
