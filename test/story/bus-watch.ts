import { connect } from 'nats'

export interface SeenEvent {
  readonly subject: string
  readonly id: string
  readonly data: Record<string, unknown>
}

export interface BusWatch {
  readonly events: readonly SeenEvent[]
  close(): Promise<void>
}

/** Sees every public event as it passes, with the operator's credentials of endpoints.json. Survives a broker restart. */
export async function watchBus(natsUrl: string, onEvent: (event: SeenEvent) => void): Promise<BusWatch> {
  const { username, password, host } = new URL(natsUrl)
  const connection = await connect({
    servers: host,
    ...(username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    inboxPrefix: `_INBOX_${username || 'operator'}`,
  })
  const events: SeenEvent[] = []
  const subscription = connection.subscribe('evergrant.*.*.v1')
  const reading = (async () => {
    for await (const message of subscription) {
      const event = {
        subject: message.subject,
        id: message.headers?.get('ce-id') ?? '',
        data: message.json<Record<string, unknown>>(),
      }
      events.push(event)
      onEvent(event)
    }
  })()
  return {
    events,
    close: async () => {
      await connection.close()
      await reading
    },
  }
}
