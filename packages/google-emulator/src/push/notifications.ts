import { mailboxResource, newestHistoryId } from '../gmail/mailbox.ts'
import type { WorldState } from '../state.ts'
import type { Channel } from './channel-record.ts'
import type { Message, Sender } from './sender.ts'

export interface NotificationParts {
  readonly state: WorldState
  readonly clock: { now(): Date }
  readonly sender: Sender
  sign(claims: Record<string, unknown>): Promise<string>
}

export interface Notifications {
  /** Sends `sync`, the first message of a channel. */
  announce(channel: Channel): Promise<void>
  /** Ends when every change so far was told, or given up. */
  settled(): Promise<void>
  stop(): void
}

/** Tells watchers what was touched: once per turn of the event loop, however often it was touched in it. */
export function startNotifications(parts: NotificationParts): Notifications {
  const { state, clock, sender } = parts
  let scheduled: Promise<void> | undefined

  async function tellAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    scheduled = undefined
    const touched = new Set(state.touched)
    state.touched.clear()
    for (const channel of state.channels.values()) {
      if (!touched.has(channel.resource)) continue
      if (channel.expiration <= clock.now().getTime()) state.channels.delete(channel.id)
      else void sender.send(nextMessage(state, channel))
      state.changed.add('channels')
    }
    for (const sub of state.mailboxWatches.keys()) {
      if (touched.has(mailboxResource(sub))) await tellMailbox(parts, sub)
    }
  }

  state.onTouched = () => {
    scheduled ??= tellAll()
  }
  return {
    announce: (channel) => sender.send(messageOf(channel, 'sync')),
    async settled() {
      while (scheduled !== undefined) await scheduled
      await sender.settled()
    },
    stop() {
      state.onTouched = () => {}
      sender.clear()
    },
  }
}

/** Numbers grow with gaps: "not sequential", says the push guide, so a client that sees loss in them is wrong. */
function nextMessage(state: WorldState, channel: Channel): Message {
  const messageNumber = channel.messageNumber + 1 + (channel.messageNumber % 3)
  const next = { ...channel, messageNumber }
  state.channels.set(channel.id, next)
  return messageOf(next, channel.change)
}

function messageOf(channel: Channel, state: string): Message {
  return {
    to: channel.id,
    url: channel.address,
    state,
    messageNumber: channel.messageNumber,
    headers: {
      'x-goog-channel-id': channel.id,
      'x-goog-message-number': String(channel.messageNumber),
      'x-goog-resource-id': channel.resourceId,
      'x-goog-resource-state': state,
      'x-goog-resource-uri': channel.resourceUri,
      'x-goog-channel-expiration': new Date(channel.expiration).toUTCString(),
      ...(channel.token !== null && { 'x-goog-channel-token': channel.token }),
    },
    // "If your service returns 500, 502, 503, or 504, the API retries with exponential backoff"; all else is final.
    retriesAfter: (status) => [500, 502, 503, 504].includes(status),
  }
}

/** A Pub/Sub message with the newest history id; at most one a second, the others are dropped (Gmail push guide). */
async function tellMailbox({ state, clock, sender, sign }: NotificationParts, sub: string): Promise<void> {
  const watch = state.mailboxWatches.get(sub)
  const [mailbox, account] = [state.mailboxes.get(sub), state.accounts.get(sub)]
  if (!watch || !mailbox || !account) return
  const now = clock.now()
  state.changed.add('channels')
  if (watch.expiration <= now.getTime()) {
    state.mailboxWatches.delete(sub)
    return
  }
  const about = { to: watch.topicName, state: 'published', messageNumber: null }
  if (watch.notifiedAt !== null && now.getTime() - watch.notifiedAt < 1000) return sender.drop(about)
  state.mailboxWatches.set(sub, { ...watch, notifiedAt: now.getTime() })
  const subscription = state.subscriptions.get(watch.topicName)
  if (!subscription) return sender.drop(about)
  const data = JSON.stringify({ emailAddress: account.email, historyId: newestHistoryId(mailbox) })
  const messageId = `${now.getTime()}${state.revision}`
  const publishTime = now.toISOString()
  const message = { data: Buffer.from(data).toString('base64'), messageId, publishTime }
  const bearer = subscription.audience === null ? null : await sign(pushClaims(subscription.audience, now))
  void sender.send({
    ...about,
    url: subscription.url,
    headers: {
      'content-type': 'application/json',
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify({ message, subscription: watch.topicName.replace('/topics/', '/subscriptions/') }),
    retriesAfter: (status) => ![102, 200, 201, 202, 204].includes(status),
  })
}

/** What the ID token of a push subscription says. */
export function pushClaims(audience: string, now: Date): Record<string, unknown> {
  const iat = Math.floor(now.getTime() / 1000)
  const email = 'gmail-api-push@system.gserviceaccount.com'
  return {
    aud: audience,
    azp: email,
    email,
    email_verified: true,
    sub: '112233445566778899000',
    iat,
    exp: iat + 3600,
  }
}
