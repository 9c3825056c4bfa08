import { DomainError } from '@evergrant/decider'
import type { NatsConnection } from 'nats'
import { busErrors } from './errors.ts'
import type { StreamDeclaration } from './event-bus.ts'
import { apiErrorCodes, jetstreamApi } from './jetstream-api.ts'
import { type Link, pause } from './link.ts'

const nanosecondsPerMs = 1_000_000
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Batch publishing rejects duplicates inside a batch from 2.12.1 on; 2.12.0 would store them twice. */
const atomicSince = [2, 12, 1] as const

interface StreamAnswer {
  readonly config: Readonly<Record<string, unknown>>
}

/** What events depend on. No `max_bytes`: the server's own `max_file_store` bounds the disk, and with `discard: new` a full
 * disk refuses new events, which then wait in the outbox, instead of dropping unread ones. */
export function streamConfig(stream: StreamDeclaration, atomic: boolean) {
  return {
    name: stream.name,
    subjects: [...stream.subjects],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    num_replicas: stream.replicas ?? 1,
    max_age: 14 * dayMs * nanosecondsPerMs,
    // Only a noise filter: the inbox is what makes an event count once.
    duplicate_window: 2 * minuteMs * nanosecondsPerMs,
    deny_delete: true,
    deny_purge: true,
    ...(atomic ? { allow_atomic: true } : {}),
  }
}

/** Names of the settings that the server did not take over: older servers ignore what they do not know. */
export function unmetSettings(
  wanted: Readonly<Record<string, unknown>>,
  echoed: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(wanted).filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(echoed[key]))
}

export function offersAtomicBatches(version: string | undefined): boolean {
  const numbers = (version ?? '').split(/[.-]/, 3).map(Number)
  for (const [index, least] of atomicSince.entries()) {
    const number = numbers[index]
    if (number === undefined || Number.isNaN(number) || number < least) return false
    if (number > least) return true
  }
  return true
}

/** Keeps this service's streams declared, whatever happens to the server. */
export interface StreamKeeper {
  declare(stream: StreamDeclaration): Promise<void>
  /** Looks again soon; called when a publish finds nobody listening. */
  recheck(): void
  /** Whether one declared stream that takes atomic batches covers all these subjects. */
  takesBatches(subjects: Iterable<string>): boolean
  onRestored(listener: () => void): () => void
}

export function createStreamKeeper(link: Link): StreamKeeper {
  const declared = new Map<string, StreamDeclaration>()
  const atomic = new Set<string>()
  const restored = new Set<() => void>()
  let checking: Promise<void> | undefined
  // What was stored may be gone, and the listeners were not told yet. Kept over attempts: the answer to a creation may be
  // lost, and the next attempt then finds a stream that looks as if it had always been there.
  let lost = false

  const ensure = async (connection: NatsConnection, stream: StreamDeclaration) => {
    const offered = offersAtomicBatches(connection.info?.version)
    await ensureStream(connection, streamConfig(stream, offered), () => {
      lost = true
    })
    if (offered) atomic.add(stream.name)
    else atomic.delete(stream.name)
  }

  const tellIfLost = () => {
    if (!lost) return
    lost = false
    for (const listener of restored) listener()
  }

  const recheck = () => {
    checking ??= recheckAll().finally(() => {
      checking = undefined
    })
  }

  const recheckAll = async () => {
    for (let attempt = 0; !link.closing.aborted; attempt++) {
      const connection = link.live()
      // A reconnect begins another check.
      if (!connection) return
      try {
        for (const stream of declared.values()) await ensure(connection, stream)
        tellIfLost()
        return
      } catch (error) {
        link.report(error)
        await pause(Math.min(100 * 2 ** attempt, 5_000), link.closing)
      }
    }
  }

  link.onConnect(() => {
    const first = link.epoch() === 1
    // A check begun on the connection before this one may have seen the server before it lost something.
    const after = checking ?? Promise.resolve()
    after
      .then(() => {
        lost ||= !first
        recheck()
      })
      .catch(link.report)
  })

  return {
    declare: async (stream) => {
      declared.set(stream.name, stream)
      const connection = link.live()
      if (!connection) return
      try {
        await ensure(connection, stream)
        tellIfLost()
      } catch (error) {
        if (!(error instanceof DomainError) || error.kind !== 'unavailable') throw error
        link.report(error)
        recheck()
      }
    },
    recheck,
    takesBatches: (subjects) => {
      const all = [...subjects]
      return [...declared.values()].some(
        (stream) =>
          atomic.has(stream.name) &&
          all.every((subject) => stream.subjects.some((pattern) => covers(pattern, subject))),
      )
    },
    onRestored: (listener) => {
      restored.add(listener)
      return () => restored.delete(listener)
    },
  }
}

/** Creates or updates a stream, and says before it creates one that it was missing.
 * @throws DomainError `bus_misconfigured` when a setting was refused or silently left out. */
async function ensureStream(
  connection: NatsConnection,
  wanted: ReturnType<typeof streamConfig>,
  missing: () => void,
): Promise<void> {
  const existing = await jetstreamApi<StreamAnswer>(connection, `STREAM.INFO.${wanted.name}`)
  if (existing.ok && unmetSettings(wanted, existing.value.config).length === 0) return
  if (!existing.ok && existing.error.err_code !== apiErrorCodes.streamNotFound) {
    throw busErrors.bus_unavailable({ detail: existing.error })
  }
  if (!existing.ok) missing()
  const verb = existing.ok ? 'UPDATE' : 'CREATE'
  const body = existing.ok ? { ...existing.value.config, ...wanted } : wanted
  const answer = await jetstreamApi<StreamAnswer>(connection, `STREAM.${verb}.${wanted.name}`, body)
  if (!answer.ok) {
    // 503 and 10008: JetStream is still starting. Anything else is a refusal that waiting does not cure.
    if (answer.error.code === 503) throw busErrors.bus_unavailable({ detail: answer.error })
    throw busErrors.bus_misconfigured({ detail: { stream: wanted.name, refusal: answer.error } })
  }
  const unmet = unmetSettings(wanted, answer.value.config)
  if (unmet.length > 0) throw busErrors.bus_misconfigured({ detail: { stream: wanted.name, unmet } })
}

/** NATS subject matching: `*` is one token, `>` is one or more at the end. */
export function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index
    if (tokens[index] === undefined || (token !== '*' && token !== tokens[index])) return false
  }
  return wanted.length === tokens.length
}
