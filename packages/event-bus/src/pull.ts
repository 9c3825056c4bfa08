import { createInbox, type Msg, type NatsConnection } from 'nats'

const nanosecondsPerMs = 1_000_000
const expiresMs = 10_000
const heartbeatMs = 2_000
/** Two missed heartbeats and a little: the request is lost, whatever the connection says. */
const silenceMs = 5_000

export interface PullTarget {
  readonly stream: string
  readonly durable: string
  readonly batch: number
  readonly inboxPrefix: string
}

/** One pull request: messages as they arrive, then how it ended. A request is short on purpose; an endless one that the
 * server forgot looks exactly like a quiet stream. */
export interface Pull {
  /** Everything that has arrived, waiting for the first; empty when the request has ended. */
  next(): Promise<Msg[]>
  /** What has arrived and was not taken yet. */
  waiting(): readonly Msg[]
  /** `ended`: ask again. `gone`: make sure the consumer exists first. */
  readonly outcome: 'open' | 'ended' | 'gone'
  /** The server has forgotten the request: a new connection. What has arrived can still be taken. */
  lost(): void
  /** Gives up; returns what arrived and was not taken. */
  cancel(): Msg[]
}

export function openPull(connection: NatsConnection, target: PullTarget): Pull {
  const arrived: Msg[] = []
  let outcome: Pull['outcome'] = 'open'
  let outstanding = target.batch
  let wake: (() => void) | undefined
  let silence: NodeJS.Timeout | undefined

  const end = (how: 'ended' | 'gone') => {
    if (outcome !== 'open') return
    outcome = how
    clearTimeout(silence)
    subscription.unsubscribe()
    wake?.()
  }
  const heard = () => {
    clearTimeout(silence)
    silence = setTimeout(() => end('gone'), silenceMs)
  }
  const subscription = connection.subscribe(createInbox(target.inboxPrefix), {
    callback: (error, message) => {
      if (error) return end('gone')
      const status = message.headers?.code ?? 0
      if (status === 0) {
        arrived.push(message)
        outstanding--
        if (outstanding === 0) return end('ended')
        heard()
        wake?.()
      } else if (status === 100) heard()
      // 408: expired, 404: nothing there. 409 and 503 say that the consumer, its leader or the server went away.
      else end(status === 408 || status === 404 ? 'ended' : 'gone')
    },
  })
  heard()
  connection.publish(
    `$JS.API.CONSUMER.MSG.NEXT.${target.stream}.${target.durable}`,
    JSON.stringify({
      batch: target.batch,
      expires: expiresMs * nanosecondsPerMs,
      idle_heartbeat: heartbeatMs * nanosecondsPerMs,
    }),
    { reply: subscription.getSubject() },
  )

  return {
    get outcome() {
      return outcome
    },
    next: async () => {
      if (arrived.length === 0 && outcome === 'open') {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
      return arrived.splice(0)
    },
    waiting: () => arrived,
    lost: () => end('gone'),
    cancel: () => {
      end('ended')
      return arrived.splice(0)
    },
  }
}
