import { connect, Events, type Msg } from 'nats'
import { eventually } from './eventually.ts'

export interface SeenEvent {
  readonly subject: string
  readonly id: string
  readonly data: Record<string, unknown>
}

export interface BusWatch {
  readonly events: readonly SeenEvent[]
  close(): Promise<void>
}

const streams = ['OAUTH', 'TOKEN', 'CALENDAR']

/** Sees every public event as it passes, with the operator's credentials of endpoints.json. What passed while the broker
 * was away is read from its streams afterwards. */
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
  const seen = new Set<string>()
  const note = ({ subject, headers, data }: Pick<Msg, 'subject' | 'headers' | 'data'>) => {
    const id = headers?.get('ce-id') ?? ''
    if (seen.has(`${subject} ${id}`)) return
    seen.add(`${subject} ${id}`)
    const event = { subject, id, data: JSON.parse(new TextDecoder().decode(data)) }
    events.push(event)
    onEvent(event)
  }

  const manager = await connection.jetstreamManager({ checkAPI: false })
  const readUpTo = new Map<string, number>()
  for (const stream of streams) {
    const info = await manager.streams.info(stream).catch(() => undefined)
    readUpTo.set(stream, info?.state.last_seq ?? 0)
  }
  const catchUp = async () => {
    for (const stream of streams) {
      const { state } = await manager.streams.info(stream)
      for (let seq = (readUpTo.get(stream) ?? 0) + 1; seq <= state.last_seq; seq++) {
        const { subject, header, data } = await manager.streams.getMessage(stream, { seq })
        note({ subject, headers: header, data })
      }
      readUpTo.set(stream, state.last_seq)
    }
  }

  const subscription = connection.subscribe('evergrant.*.*.v1')
  const reading = (async () => {
    for await (const message of subscription) note(message)
  })()
  const failures: unknown[] = []
  const watchReconnects = async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Reconnect)
        await eventually(() => catchUp().then(() => true), { what: 'the missed events' })
    }
  }
  // The client's status never ends, not even with the connection, so nobody waits for this.
  void watchReconnects().catch((error: unknown) => failures.push(error))
  return {
    events,
    close: async () => {
      await connection.close()
      await reading
      if (failures.length > 0) throw new AggregateError(failures, 'events were missed')
    },
  }
}
