import { digest } from '../fingerprint.ts'
import { type Call, jsonOf, noContent, ok, type Reply } from '../http/call.ts'
import { type GoogleError, googleError } from '../http/google-error.ts'
import type { Account } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import type { Channel } from './channel-record.ts'

export interface Watched {
  readonly account: Account
  /** As `touch` calls it. */
  readonly resource: string
  /** Path of what is watched. */
  readonly path: string
  readonly change: Channel['change']
  readonly lifetime: { readonly usualSeconds: number; readonly mostSeconds: number }
}

/** Opens a notification channel as the body asks and answers with it; the `sync` message is sent on the way.
 * @throws GoogleError 400 */
export async function openChannel(world: World, call: Call, watched: Watched): Promise<Reply> {
  const asked = channelFrom(jsonOf(call))
  if (world.state.channels.has(asked.id)) {
    throw googleError(400, 'channelIdNotUnique', `Channel id ${asked.id} not unique`)
  }
  const { resource, account, change } = watched
  const channel: Channel = {
    ...asked,
    resource,
    change,
    sub: account.sub,
    resourceId: digest(`${account.sub} ${resource}`).slice(0, 27),
    resourceUri: `${world.issuer}${watched.path}?alt=json`,
    expiration: expirationOf(asked.expiration, nowMs(world), watched.lifetime),
    messageNumber: 1,
  }
  world.state.channels.set(channel.id, channel)
  world.state.changed.add('channels')
  const announced = world.notifications.announce(channel)
  // "Sync" may come before or after the answer (push guide); a test can insist on before.
  if (world.push.syncFirst) await announced
  const { id, resourceId, resourceUri, token } = channel
  const shownToken = token === null ? {} : { token }
  const expiration = String(channel.expiration)
  return ok({ kind: 'api#channel', id, resourceId, resourceUri, ...shownToken, expiration })
}

/** Stops a channel of the caller; one that is unknown, expired or somebody else's is 404.
 * @throws GoogleError 404 */
export function stopChannel(world: World, call: Call, account: Account): Reply {
  const { id, resourceId } = jsonOf(call)
  const channel = world.state.channels.get(String(id))
  const isOurs = channel?.sub === account.sub && channel.resourceId === resourceId
  if (!channel || !isOurs || channel.expiration <= nowMs(world)) {
    throw googleError(404, 'notFound', `Channel '${String(id)}' not found for project 'emulator'`)
  }
  world.state.channels.delete(channel.id)
  world.state.changed.add('channels')
  return noContent
}

interface AskedChannel {
  readonly id: string
  readonly address: string
  readonly token: string | null
  /** Milliseconds since the epoch. */
  readonly expiration: number | null
}

function channelFrom(body: Readonly<Record<string, unknown>>): AskedChannel {
  const { id, type, address, token = null, expiration } = body
  if (typeof id !== 'string' || !/^[\w\-+/=]{1,64}$/.test(id))
    throw invalidChannel('id', 'Invalid channel id')
  if (type !== 'web_hook' && type !== 'webhook') throw invalidChannel('type', 'Unknown channel type')
  if (token !== null && (typeof token !== 'string' || token.length > 256)) {
    throw invalidChannel('token', 'Channel token is too long')
  }
  const wanted = expiration === undefined ? null : Number(expiration)
  if (Number.isNaN(wanted)) throw invalidChannel('expiration', 'Invalid expiration')
  return { id, address: callbackFrom(address), token, expiration: wanted }
}

/** Google insists on https; the emulator and who it calls may also share a machine. */
function callbackFrom(address: unknown): string {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined
  const loopback = /^(127(\.\d+){3}|localhost|\[::1\])$/.test(url?.hostname ?? '')
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)) return url.href
  throw googleError(400, 'push.webhookUrlNotHttps', `WebHook callback must be HTTPS: ${String(address)}`)
}

function expirationOf(asked: number | null, now: number, lifetime: Watched['lifetime']): number {
  const latest = now + lifetime.mostSeconds * 1000
  if (asked === null) return now + lifetime.usualSeconds * 1000
  if (asked <= now) throw invalidChannel('expiration', 'Channel expiration lies in the past')
  return Math.min(asked, latest)
}

const invalidChannel = (field: string, message: string): GoogleError =>
  googleError(400, 'invalid', message, { location: field })
