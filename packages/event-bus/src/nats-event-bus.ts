import { consumerLag, runConsumer } from './consumer.ts'
import type { EventBus, Running } from './event-bus.ts'
import { type Link, type LinkOptions, openLink } from './link.ts'
import { oldestUnprocessed } from './oldest-unprocessed.ts'
import { createPublisher } from './publisher.ts'
import { request, serve } from './request-reply.ts'
import { storedMessage, storedMessages } from './stored-messages.ts'
import { createStreamKeeper } from './streams.ts'

export interface EventBusOptions extends LinkOptions {
  /** How long after the last word about it a delivered message is delivered again: what a killed process held waits so
   * long; 6 s. */
  readonly ackWaitMs?: number
  /** How long a batch may be worked on before another replica gets it as well; 30 s. */
  readonly longestBatchMs?: number
}

/** Connects to NATS and returns after the first success, or after five seconds with the attempts going on: a service may
 * start before its bus. Reconnects forever. */
export async function connectEventBus(options: EventBusOptions): Promise<EventBus> {
  const link = await openLink(options)
  const streams = createStreamKeeper(link)
  const running = new Set<Running>()
  const { ackWaitMs = 6_000, longestBatchMs = 30_000 } = options
  const until = (started: Running): Running => {
    const tracked: Running = {
      stop: async () => {
        running.delete(tracked)
        await started.stop()
      },
    }
    running.add(tracked)
    return tracked
  }
  return {
    declareStream: streams.declare,
    publish: createPublisher(link, streams),
    consume: (subscription, receive) =>
      until(runConsumer(link, subscription, receive, { ackWaitMs, longestBatchMs })),
    last: (stream, subject) => storedMessage(link, stream, { last_by_subj: subject }),
    stored: (stream, from) => storedMessages(link, stream, from),
    broadcast: (subject, body) => {
      link.live()?.publish(subject, JSON.stringify(body ?? null))
    },
    listen: (subject, handle, listening) => until(listen(link, subject, handle, listening?.queue)),
    request: (subject, body, asked) => request(link, subject, body, asked),
    serve: async (service) => until(await serve(link, service)),
    status: link.status,
    lag: (subscription) => consumerLag(link, subscription),
    oldestUnprocessed: (subscription) => oldestUnprocessed(link, subscription),
    onRestored: streams.onRestored,
    onError: link.onError,
    close: async () => {
      await Promise.all([...running].map((each) => each.stop()))
      await link.close()
    },
  }
}

function listen(
  link: Link,
  subject: string,
  handle: (body: unknown) => void | Promise<void>,
  queue: string | undefined,
): Running {
  const working = new Set<Promise<void>>()
  let unsubscribe: () => void = () => undefined
  let stopped = false
  const receive = async (text: () => unknown) => {
    try {
      await handle(text())
    } catch (error) {
      link.report(error)
    }
  }
  link.onFirstConnect((connection) => {
    if (stopped) return
    const subscription = connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error) return link.report(error)
        const work = receive(() => (message.data.length === 0 ? null : message.json()))
        working.add(work)
        work.finally(() => working.delete(work)).catch(link.report)
      },
    })
    unsubscribe = () => subscription.unsubscribe()
  })
  return {
    stop: async () => {
      stopped = true
      unsubscribe()
      await Promise.all(working)
    },
  }
}
