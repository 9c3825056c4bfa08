import { setTimeout as delay } from 'node:timers/promises'

/** What happens to the next message: it is lost, comes twice, or comes late (even after its channel was stopped). */
export type DeliveryStep = 'drop' | 'duplicate' | { readonly delayMs: number }

/** One attempt to deliver one message. */
export interface Delivery {
  readonly number: number
  readonly at: string
  /** The channel's id, or the topic. */
  readonly to: string
  readonly state: string
  readonly messageNumber: number | null
  readonly attempt: number
  /** The HTTP status of the answer. */
  readonly outcome: number | 'dropped' | 'unreachable'
}

export interface Message {
  readonly to: string
  readonly url: string
  readonly state: string
  readonly messageNumber: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether an answer with this status is not the end of it. */
  readonly retriesAfter: (status: number) => boolean
}

export interface Sender {
  readonly plan: DeliveryStep[]
  /** Doubles with every attempt. */
  setFirstRetry(delayMs: number): void
  /** Ends when the message is delivered or given up; never throws. */
  send(message: Message): Promise<void>
  /** A message that was lost before it was sent. */
  drop(message: Pick<Message, 'to' | 'state' | 'messageNumber'>): void
  deliveries(): readonly Delivery[]
  /** Ends when nothing is on its way. */
  settled(): Promise<void>
  /** Gives up everything that is on its way, and forgets what was. */
  clear(): void
}

const mostAttempts = 8
const usualRetryMs = 200
const mostKept = 20_000

/** Real HTTP requests to callbacks, with Google's retries. */
export function createSender(clock: { now(): Date }): Sender {
  const plan: DeliveryStep[] = []
  const inFlight = new Set<Promise<void>>()
  let log: Delivery[] = []
  let firstRetryMs = usualRetryMs
  let giveUp = new AbortController()
  let number = 0

  function note(
    message: Pick<Message, 'to' | 'state' | 'messageNumber'>,
    attempt: number,
    outcome: Delivery['outcome'],
  ) {
    number += 1
    const { to, state, messageNumber } = message
    log.push({ number, at: clock.now().toISOString(), to, state, messageNumber, attempt, outcome })
    if (log.length > mostKept * 2) log = log.slice(-mostKept)
  }

  async function post(message: Message, signal: AbortSignal): Promise<number | 'unreachable'> {
    const headers = {
      'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)',
    }
    try {
      const answer = await fetch(message.url, {
        method: 'POST',
        headers: { ...headers, ...message.headers },
        ...(message.body !== undefined && { body: message.body }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      })
      await answer.body?.cancel()
      return answer.status
    } catch {
      // Refused, reset and timed out are the same to Google: it tries again.
      return 'unreachable'
    }
  }

  async function deliver(message: Message, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= mostAttempts && !signal.aborted; attempt += 1) {
      const outcome = await post(message, signal)
      if (signal.aborted) return
      note(message, attempt, outcome)
      if (outcome !== 'unreachable' && !message.retriesAfter(outcome)) return
      await pause(firstRetryMs * 2 ** (attempt - 1), signal)
    }
  }

  async function carryOut(message: Message, signal: AbortSignal): Promise<void> {
    const step = plan.shift()
    if (step === 'drop') return note(message, 1, 'dropped')
    if (typeof step === 'object') await pause(step.delayMs, signal)
    const copies = step === 'duplicate' ? [message, message] : [message]
    await Promise.all(copies.map((copy) => deliver(copy, signal)))
  }

  return {
    plan,
    setFirstRetry: (delayMs) => {
      firstRetryMs = delayMs
    },
    send(message) {
      const sending = carryOut(message, giveUp.signal).finally(() => inFlight.delete(sending))
      inFlight.add(sending)
      return sending
    },
    drop: (message) => note(message, 1, 'dropped'),
    deliveries: () => log.slice(-mostKept),
    async settled() {
      while (inFlight.size > 0) await Promise.all(inFlight)
    },
    clear() {
      giveUp.abort()
      giveUp = new AbortController()
      plan.length = 0
      firstRetryMs = usualRetryMs
      log = []
    },
  }
}

/** Ends early when it is given up. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
