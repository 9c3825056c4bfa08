import { setTimeout as delay } from 'node:timers/promises'
import { type EventMessage, messageId } from '@evergrant/event-contracts'
import { busErrors } from './errors.ts'
import type {
  BatchOutcome,
  BusService,
  EventBus,
  MessageToPublish,
  PublishOutcome,
  Reply,
  Running,
  StreamDeclaration,
  Subscription,
} from './event-bus.ts'
import { covers } from './streams.ts'

interface Stream {
  readonly declaration: StreamDeclaration
  readonly messages: EventMessage[]
  readonly publishedAt: string[]
  readonly ids: Map<string, number>
}

interface Listening {
  readonly subject: string
  readonly handle: (body: unknown) => void | Promise<void>
  readonly queue: string | undefined
}

/** The bus for fast tests: one object is the whole road, shared by every service that is handed it. */
export interface InMemoryEventBus extends EventBus {
  /** What a stream holds, oldest first. */
  messagesOf(stream: string): readonly EventMessage[]
  /** Resolves when every consumer has taken everything there is. */
  settled(): Promise<void>
}

export function createInMemoryEventBus(): InMemoryEventBus {
  const streams = new Map<string, Stream>()
  const positions = new Map<string, number>()
  /** Where the batches begin that were taken and are not finished, by consumer. */
  const underWay = new Map<string, Set<number>>()
  const listeners = new Set<Listening>()
  const endpoints = new Map<string, BusService['endpoints'][string]['handle']>()
  const running = new Set<Running>()
  const waiting = new Set<() => void>()
  const since = new Date().toISOString()
  const errorListeners = new Set<(error: unknown) => void>()
  let closed = false

  const report = (error: unknown) => {
    for (const listener of errorListeners) listener(error)
  }

  const changed = () => {
    for (const wake of [...waiting]) wake()
  }
  const change = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
    })

  const publishOne = (message: MessageToPublish): PublishOutcome => {
    const stream = [...streams.values()].find(({ declaration }) =>
      declaration.subjects.some((pattern) => covers(pattern, message.subject)),
    )
    if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(message.subject)) {
      return { status: 'park', reason: 'invalid_subject: the subject is not valid' }
    }
    if (!stream || closed) return { status: 'retry', reason: 'no stream takes the subject' }
    const id = messageId(message, message.repair)
    const known = stream.ids.get(id)
    if (known !== undefined) return { status: 'published', sequence: known, duplicate: true }
    const { subject, headers, payload } = message
    stream.messages.push({ subject, headers, payload })
    stream.publishedAt.push(new Date().toISOString())
    stream.ids.set(id, stream.messages.length)
    return { status: 'published', sequence: stream.messages.length, duplicate: false }
  }

  const track = (started: Running): Running => {
    const tracked: Running = {
      stop: async () => {
        running.delete(tracked)
        await started.stop()
      },
    }
    running.add(tracked)
    return tracked
  }

  const backlog = ({ stream, durable }: Subscription) =>
    (streams.get(stream)?.messages.length ?? 0) - (positions.get(`${stream}/${durable}`) ?? 0)

  const consuming = (
    subscription: Subscription,
    receive: (messages: readonly EventMessage[]) => Promise<BatchOutcome>,
  ): Running => {
    const key = `${subscription.stream}/${subscription.durable}`
    const unfinished = underWay.get(key) ?? new Set<number>()
    underWay.set(key, unfinished)
    let stopping = false
    const run = async () => {
      while (!stopping) {
        const position = positions.get(key) ?? 0
        const messages = streams.get(subscription.stream)?.messages.slice(position, position + 100) ?? []
        if (messages.length === 0) {
          await change()
          continue
        }
        // Taken before it is handled, so that two replicas do not get the same batch.
        positions.set(key, position + messages.length)
        unfinished.add(position)
        const outcome = await receive(messages).catch((error): BatchOutcome => {
          report(error)
          return { status: 'again', delayMs: 10, reason: 'the receiver failed' }
        })
        if (outcome.status === 'again') {
          await delay(outcome.delayMs)
          positions.set(key, position)
        }
        unfinished.delete(position)
        changed()
      }
    }
    const ended = run()
    return {
      stop: async () => {
        stopping = true
        changed()
        await ended
      },
    }
  }

  const consumed = new Set<Subscription>()

  return {
    declareStream: async (declaration) => {
      const known = streams.get(declaration.name)
      streams.set(declaration.name, {
        declaration,
        messages: known?.messages ?? [],
        publishedAt: known?.publishedAt ?? [],
        ids: known?.ids ?? new Map(),
      })
    },
    publish: async (messages) => {
      const blocked = new Set<string>()
      const outcomes = messages.map((message): PublishOutcome => {
        const line = `${message.source}/${message.streamId}`
        if (blocked.has(line))
          return { status: 'retry', reason: 'an earlier event of its stream is not published' }
        const outcome = publishOne(message)
        if (outcome.status !== 'published') blocked.add(line)
        return outcome
      })
      changed()
      return outcomes
    },
    consume: (subscription, receive) => {
      consumed.add(subscription)
      return track(consuming(subscription, receive))
    },
    last: async (stream, subject) => {
      if (closed) throw busErrors.bus_unavailable({ detail: { stream, subject } })
      return streams.get(stream)?.messages.findLast((message) => message.subject === subject) ?? null
    },
    stored: async function* (name, from) {
      if (closed) throw busErrors.bus_unavailable({ detail: { stream: name } })
      const stream = streams.get(name)
      const all = (stream?.messages ?? []).map((message, index) => ({
        ...message,
        sequence: index + 1,
        storedAt: new Date(stream?.publishedAt[index] ?? since),
      }))
      yield* all.filter(({ sequence, storedAt }) =>
        'sequence' in from ? sequence >= from.sequence : storedAt >= from.since,
      )
    },
    broadcast: (subject, body) => {
      const text = JSON.stringify(body ?? null)
      const served = new Set<string>()
      for (const { subject: pattern, handle, queue } of listeners) {
        if (!covers(pattern, subject) || (queue !== undefined && served.has(queue))) continue
        if (queue !== undefined) served.add(queue)
        setImmediate(() => Promise.resolve(handle(JSON.parse(text))).catch(report))
      }
    },
    listen: (subject, handle, options) => {
      const listening = { subject, handle, queue: options?.queue }
      listeners.add(listening)
      return track({
        stop: async () => {
          listeners.delete(listening)
        },
      })
    },
    request: async (subject, body, options): Promise<Reply> => {
      const handle = endpoints.get(subject)
      if (!handle || closed) throw busErrors.bus_unavailable({ detail: { subject } })
      const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ])
      const work = handle(JSON.parse(JSON.stringify(body ?? null)), Object.fromEntries(headers))
      const hideDefect = (error: unknown) => {
        report(error)
        return internalError
      }
      const late = delay(options.timeoutMs, 'late' as const, { ref: false })
      const reply = await Promise.race([work.catch(hideDefect), late])
      if (reply === 'late') throw busErrors.bus_unavailable({ detail: { subject } })
      return { ...reply, body: JSON.parse(JSON.stringify(reply.body ?? null)) }
    },
    serve: async (service) => {
      for (const { subject, handle } of Object.values(service.endpoints)) endpoints.set(subject, handle)
      return track({
        stop: async () => {
          for (const { subject } of Object.values(service.endpoints)) endpoints.delete(subject)
        },
      })
    },
    status: () => ({ connected: !closed, since, serverVersion: null }),
    lag: async (subscription) => ({ waiting: backlog(subscription), unacknowledged: 0 }),
    oldestUnprocessed: async ({ stream, durable }) => {
      const key = `${stream}/${durable}`
      const unfinished = underWay.get(key)
      if (closed || !unfinished) return null
      const first = Math.min(positions.get(key) ?? 0, ...unfinished)
      return { publishedAt: streams.get(stream)?.publishedAt[first] ?? null }
    },
    onRestored: () => () => undefined,
    onError: (listener) => {
      errorListeners.add(listener)
      return () => errorListeners.delete(listener)
    },
    close: async () => {
      await Promise.all([...running].map((each) => each.stop()))
      closed = true
    },
    messagesOf: (stream) => streams.get(stream)?.messages ?? [],
    settled: async () => {
      while ([...consumed].some((subscription) => backlog(subscription) > 0)) await change()
    },
  }
}

const internalError: Reply = { ok: false, status: 500, code: 'internal', body: null }
