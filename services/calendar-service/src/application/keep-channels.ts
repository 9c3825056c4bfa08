import type { Ids } from '@evergrant/decider'
import type { EventStore } from '@evergrant/event-store'
import { SyncObstacle } from '../domain/sync-obstacle.ts'
import type { ChannelSecrets, GoogleChannels, OnBehalf, PushChannel, PushChannels, Watched } from './ports.ts'

export interface KeepChannelsParts {
  readonly store: EventStore
  readonly channels: PushChannels
  readonly channelSecrets: ChannelSecrets
  /** For what can be watched; what it does not name is left to polling. */
  readonly google: Readonly<Partial<Record<Watched['kind'], GoogleChannels>>>
  /** @throws SyncObstacle */
  readonly onBehalfOf: (connectionId: string, kind: Watched['kind']) => Promise<OnBehalf>
  readonly ids: Ids
  /** A channel is replaced when it has less than this to live. */
  readonly renewBeforeMs: (kind: Watched['kind']) => number
  readonly onError: (error: unknown) => void
}

const atOnce = 25

/** Keeps a push channel open for everything that is synced. Google renews nothing: the next one is opened while the last
 * still works, and only then is that one stopped. Whatever goes wrong here makes news slower, never lost: old copies are
 * synced without being asked.
 * @returns `more` when others may be left. */
export function createKeepChannels(parts: KeepChannelsParts): () => Promise<'more' | 'done'> {
  const { store, channels, channelSecrets, google, ids, renewBeforeMs, onError } = parts
  return async () => {
    const secrets = new Map<string, string>()
    const newChannel = () => {
      const channelId = ids.next()
      const { secret, secretHash } = channelSecrets.next()
      secrets.set(channelId, secret)
      return { channelId, secretHash }
    }
    let isFull = false
    for (const kind of Object.keys(google) as Watched['kind'][]) {
      const query = { kind, renewBeforeMs: renewBeforeMs(kind), limit: atOnce, newChannel }
      const begun = await store.transaction((unit) => channels.begin(unit, query))
      isFull ||= begun.length === atOnce
      for (const each of begun) await open(parts, each, secrets.get(each.channelId) ?? '').catch(onError)
    }
    const unneeded = await channels.unneeded(atOnce)
    for (const each of unneeded) await stop(parts, each).catch(onError)
    await channels.forgetOld()
    // One that cannot be stopped stays unneeded: a full round of those is left to the usual pace.
    return isFull ? 'more' : 'done'
  }
}

async function open(
  { channels, google, onBehalfOf }: KeepChannelsParts,
  what: Watched & { readonly channelId: string },
  secret: string,
): Promise<void> {
  const { channelId, connectionId } = what
  const asked = google[what.kind]
  if (asked === undefined) return
  try {
    const onBehalf = await onBehalfOf(connectionId, what.kind)
    await channels.opened(channelId, await asked.watch({ ...onBehalf, what, channelId, secret }))
  } catch (error) {
    // Holidays and the like cannot be watched; they are polled.
    const refused = error instanceof SyncObstacle && error.word === 'rejected_by_google'
    await channels.notOpened(channelId, refused ? 'refused' : 'failed')
    if (!(error instanceof SyncObstacle)) throw error
  }
}

async function stop(
  { channels, google, onBehalfOf }: KeepChannelsParts,
  { channelId, connectionId, kind, googleResourceId, superseded }: PushChannel,
): Promise<void> {
  // A mailbox has one watch, which the newer one renewed: stopping this one would stop that.
  const stays = kind === 'mailbox' && superseded
  try {
    if (googleResourceId !== null && !stays) {
      const onBehalf = await onBehalfOf(connectionId, kind)
      await google[kind]?.stop({ ...onBehalf, channelId, googleResourceId })
    }
  } catch (error) {
    // Without a token it cannot be stopped; it runs out by itself, and what it still says is ignored.
    if (!(error instanceof SyncObstacle) || error.passing) throw error
  }
  await channels.closed(channelId)
}
