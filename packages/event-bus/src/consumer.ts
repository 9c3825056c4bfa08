import type { EventMessage } from '@evergrant/event-contracts'
import type { Msg, NatsConnection } from 'nats'
import { busErrors } from './errors.ts'
import type { BatchOutcome, ConsumerLag, Running, Subscription } from './event-bus.ts'
import { type HoldOptions, holdMessages } from './hold-messages.ts'
import { jetstreamApi } from './jetstream-api.ts'
import { type Link, pause } from './link.ts'
import { openPull, type Pull } from './pull.ts'
import { unmetSettings } from './streams.ts'

const nanosecondsPerMs = 1_000_000
const batch = 100
const afterDefectMs = 1_000
const lagWithinMs = 1_000

type Receive = (messages: readonly EventMessage[]) => Promise<BatchOutcome>

/** Pulls and delivers until stopped: make sure the durable consumer exists, ask for a batch, hand over what arrives, say
 * what became of it, ask again. Whatever goes wrong leads back to the first step. */
export function runConsumer(
  link: Link,
  subscription: Subscription,
  receive: Receive,
  hold: HoldOptions,
): Running {
  const stopping = new AbortController()
  let pull: Pull | undefined
  let idle = true
  stopping.signal.addEventListener('abort', () => {
    if (idle) giveBack()
  })
  const forgetConnects = link.onConnect(() => pull?.lost())
  const signal = AbortSignal.any([stopping.signal, link.closing])

  /** Messages that were fetched and not looked at go to another replica at once, not after the ack wait. */
  const giveBack = () => {
    for (const message of pull?.cancel() ?? []) message.respond('-NAK')
  }

  const deliver = async (messages: Msg[]) => {
    let outcome: BatchOutcome
    const letGo = holdMessages(() => [...messages, ...(pull?.waiting() ?? [])], hold)
    try {
      outcome = await receive(messages.map(toEventMessage))
    } catch (error) {
      // Receivers answer `again` for what they expect; anything thrown is a defect, and the events are still owed.
      link.report(error)
      outcome = { status: 'again', delayMs: afterDefectMs, reason: 'the receiver failed' }
    } finally {
      letGo()
    }
    if (outcome.status === 'done') {
      for (const message of messages) message.respond('+ACK')
      return
    }
    const again = `-NAK ${JSON.stringify({ delay: outcome.delayMs * nanosecondsPerMs })}`
    for (const message of messages) message.respond(again)
    await pause(outcome.delayMs, signal)
  }

  const pullOnce = async (connection: NatsConnection) => {
    const opened = openPull(connection, { ...subscription, batch, inboxPrefix: link.inboxPrefix })
    pull = opened
    while (!signal.aborted) {
      idle = true
      const messages = await opened.next()
      idle = false
      if (messages.length === 0) break
      await deliver(messages)
    }
    giveBack()
    return opened.outcome === 'ended'
  }

  const run = async () => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const connection = await link.connected(signal)
        await ensureConsumer(connection, subscription, hold.ackWaitMs)
        failures = 0
        while (!signal.aborted && (await pullOnce(connection)));
      } catch (error) {
        if (signal.aborted) return
        link.report(error)
        failures++
        await pause(Math.min(100 * 2 ** failures, 2_000), signal)
      }
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      forgetConnects()
      await running
    },
  }
}

interface ConsumerAnswer {
  readonly config: Readonly<Record<string, unknown>>
  readonly num_pending: number
  readonly num_ack_pending: number
}

/** Creating an equal consumer again changes nothing, so this is also the check that it is still there. */
async function ensureConsumer(
  connection: NatsConnection,
  { stream, durable }: Subscription,
  ackWaitMs: number,
): Promise<void> {
  const config = {
    name: durable,
    durable_name: durable,
    ack_policy: 'explicit',
    deliver_policy: 'all',
    // A finite number would silently stop delivering; the inbox decides what is poison.
    max_deliver: -1,
    ack_wait: ackWaitMs * nanosecondsPerMs,
    max_ack_pending: 1_000,
  }
  const answer = await jetstreamApi<ConsumerAnswer>(connection, `CONSUMER.CREATE.${stream}.${durable}`, {
    stream_name: stream,
    config,
  })
  // Its stream appears when the owning service starts, or starts again after the server lost its disk.
  if (!answer.ok) throw busErrors.bus_unavailable({ detail: { stream, refusal: answer.error } })
  const unmet = unmetSettings(config, answer.value.config)
  if (unmet.length > 0) throw busErrors.bus_misconfigured({ detail: { stream, durable, unmet } })
}

export async function consumerLag(
  link: Link,
  { stream, durable }: Subscription,
): Promise<ConsumerLag | null> {
  const connection = link.live()
  if (!connection) return null
  const subject = `CONSUMER.INFO.${stream}.${durable}`
  const asked = jetstreamApi<ConsumerAnswer>(connection, subject, undefined, lagWithinMs)
  // Not knowing is an answer here: whoever asks wants a number now or none.
  const answer = await asked.catch(() => undefined)
  if (!answer?.ok) return null
  return { waiting: answer.value.num_pending, unacknowledged: answer.value.num_ack_pending }
}

/** Lower-case names; the server's own `Nats-*` headers are about the road, not the event. */
function toEventMessage(message: Msg): EventMessage {
  const headers: Record<string, string> = {}
  for (const name of message.headers?.keys() ?? []) {
    const lower = name.toLowerCase()
    if (!lower.startsWith('nats-')) headers[lower] = message.headers?.get(name) ?? ''
  }
  return { subject: message.subject, headers, payload: message.data }
}
