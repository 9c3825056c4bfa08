import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@evergrant/decider'
import { connect, Events, type NatsConnection } from 'nats'
import { busErrors } from './errors.ts'
import type { BusStatus } from './event-bus.ts'

const firstAttemptsMs = 5_000
const unheardAtMost = 20

export interface LinkOptions {
  /** May hold `user:password@`; a comma separates the servers of a cluster. */
  readonly url: string
  /** Shown by the server's monitoring. */
  readonly name: string
  readonly clock: Clock
  readonly onStatus?: (status: BusStatus) => void
  readonly onError?: (error: unknown) => void
}

/** One NATS connection that never gives up: it may start before the server does and outlives its restarts. */
export interface Link {
  /** The connection while the server answers. */
  live(): NatsConnection | undefined
  /** Counts connects: 1 on the first. */
  epoch(): number
  /** Waits for a live connection.
   * @throws DomainError `bus_closed` when the link or the signal ends first. */
  connected(signal?: AbortSignal): Promise<NatsConnection>
  /** Runs once, now or on the first connect; subscriptions made there survive reconnects by themselves. */
  onFirstConnect(attach: (connection: NatsConnection) => void): void
  /** Runs on every (re)connect; returns how to stop that. */
  onConnect(listener: () => void): () => void
  /** A private reply subject under this user's own prefix. */
  readonly inboxPrefix: string
  readonly closing: AbortSignal
  status(): BusStatus
  report(error: unknown): void
  /** Hears of every trouble, at first of what came before anyone listened; returns how to stop that. */
  onError(listener: (error: unknown) => void): () => void
  close(): Promise<void>
}

/** Starts connecting and returns after the first success, or after five seconds with the attempts going on. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { servers, user, pass, tls } = credentialsOf(options.url)
  const inboxPrefix = user === undefined ? '_INBOX' : `_INBOX_${user.replace(/[^A-Za-z0-9_-]/g, '_')}`
  const closing = new AbortController()
  const listeners = new Set<() => void>()
  const attachments: ((connection: NatsConnection) => void)[] = []
  const errorListeners = new Set<(error: unknown) => void>(options.onError ? [options.onError] : [])
  const unheard: unknown[] = []
  let connection: NatsConnection | undefined
  let epoch = 0
  let status: BusStatus = { connected: false, since: null, serverVersion: null }

  const report = (error: unknown) => {
    if (errorListeners.size === 0 && unheard.length < unheardAtMost) unheard.push(error)
    for (const listener of errorListeners) listener(error)
  }

  const become = (connected: boolean) => {
    const serverVersion = connection?.info?.version ?? status.serverVersion
    status = { connected, since: options.clock.now().toISOString(), serverVersion }
    options.onStatus?.(status)
    if (!connected) return
    epoch++
    for (const listener of [...listeners]) listener()
  }

  const dial = async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        return await connect({
          servers,
          ...(user === undefined ? {} : { user }),
          ...(pass === undefined ? {} : { pass }),
          ...(tls ? { tls: {} } : {}),
          name: options.name,
          inboxPrefix,
          maxReconnectAttempts: -1,
          // Jitter, or every replica of every service knocks at the same instant after a broker restart.
          reconnectDelayHandler: () => 100 + Math.random() * 900,
          // An operator rotating a password must not end the process's reconnects.
          ignoreAuthErrorAbort: true,
          pingInterval: 10_000,
          maxPingOut: 2,
          timeout: 5_000,
          noAsyncTraces: true,
        })
      } catch (error) {
        report(error)
        await pause(Math.min(100 * 2 ** attempt, 2_000) * (0.5 + Math.random() / 2), closing.signal)
      }
    }
    return undefined
  }

  const watch = async (watched: NatsConnection) => {
    for await (const event of watched.status()) {
      if (event.type === Events.Disconnect) {
        become(false)
        if (!closing.signal.aborted) report(busErrors.bus_unavailable())
      }
      if (event.type === Events.Reconnect) become(true)
      if (event.type === Events.Error) report(new Error(`nats: ${String(event.data)}`))
    }
  }

  const dialled = dial().then(async (opened) => {
    if (!opened) return
    connection = opened
    if (closing.signal.aborted) {
      await opened.close()
      return
    }
    watch(opened).catch(report)
    become(true)
    for (const attach of attachments.splice(0)) attach(opened)
  })

  // The client tells only of connections that break, not of one that we close: to publish on that one throws.
  const live = () => (status.connected && !closing.signal.aborted ? connection : undefined)

  await Promise.race([dialled, pause(firstAttemptsMs, closing.signal, { ref: false })])

  return {
    live,
    epoch: () => epoch,
    connected: (signal) =>
      new Promise((resolve, reject) => {
        const now = live()
        if (now) return resolve(now)
        const ended = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])])
        if (ended.aborted) return reject(busErrors.bus_closed())
        const settle = () => {
          const connected = live()
          if (!connected && !ended.aborted) return
          listeners.delete(settle)
          ended.removeEventListener('abort', settle)
          if (connected) resolve(connected)
          else reject(busErrors.bus_closed())
        }
        listeners.add(settle)
        ended.addEventListener('abort', settle)
      }),
    onFirstConnect: (attach) => {
      if (connection) attach(connection)
      else attachments.push(attach)
    },
    onConnect: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    inboxPrefix,
    closing: closing.signal,
    status: () => status,
    report,
    onError: (listener) => {
      errorListeners.add(listener)
      for (const error of unheard.splice(0)) listener(error)
      return () => errorListeners.delete(listener)
    },
    close: async () => {
      closing.abort()
      await dialled
      // Draining waits for a server; without one there is nothing to flush to.
      if (status.connected) await connection?.drain()
      else await connection?.close()
    },
  }
}

/** Waits, or returns at once when the signal ends. */
export async function pause(ms: number, signal: AbortSignal, options: { ref?: boolean } = {}): Promise<void> {
  if (signal.aborted) return
  await delay(ms, undefined, { ...options, signal }).catch(() => undefined)
}

function credentialsOf(url: string): { servers: string[]; tls: boolean; user?: string; pass?: string } {
  const urls = url.split(',').map((part) => new URL(part.trim()))
  const first = urls[0]
  return {
    servers: urls.map((each) => each.host),
    tls: first?.protocol === 'tls:',
    ...(first?.username ? { user: decodeURIComponent(first.username) } : {}),
    ...(first?.password ? { pass: decodeURIComponent(first.password) } : {}),
  }
}
