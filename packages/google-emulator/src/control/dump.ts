import type { EventResource } from '../calendar/event-resource.ts'
import type { FileResource } from '../drive/drive-record.ts'
import { newestHistoryId } from '../gmail/mailbox.ts'
import type { Label, MessageRecord } from '../gmail/mailbox-record.ts'
import type { MailboxWatch } from '../push/channel-record.ts'
import type { World } from '../world.ts'

/** Everything the emulator holds, for comparing with what a client stored. Tokens only as digests' beginnings. */
export interface Dump {
  readonly now: string
  readonly accounts: readonly { readonly sub: string; readonly email: string; readonly name: string }[]
  readonly grants: readonly {
    readonly id: string
    readonly email: string
    readonly clientId: string
    readonly scopes: readonly string[]
    readonly revoked: boolean
    readonly refreshTokens: readonly string[]
    readonly liveAccessTokens: number
  }[]
  readonly calendars: readonly {
    readonly id: string
    readonly summary: string
    readonly timeZone: string
    readonly owner: string
    readonly sharedWith: readonly { readonly email: string; readonly accessRole: string }[]
    readonly events: readonly EventResource[]
  }[]
  /** Channels that live, without their tokens. */
  readonly channels: readonly {
    readonly id: string
    readonly resourceId: string
    readonly resource: string
    readonly email: string
    readonly address: string
    readonly expiration: number
    readonly messageNumber: number
  }[]
  readonly mailboxes: readonly {
    readonly email: string
    readonly historyId: string
    readonly watch: { readonly topicName: string; readonly expiration: number } | null
    readonly labels: readonly Label[]
    readonly messages: readonly MessageRecord[]
  }[]
  readonly drives: readonly {
    /** The address of a My Drive's owner, or the shared drive's id. */
    readonly where: string
    readonly name: string
    readonly members: readonly { readonly email: string; readonly role: string }[]
    /** Trashed ones too; not the removed ones. */
    readonly files: readonly FileResource[]
  }[]
}

export function dump({ state, clock }: World): Dump {
  const emailOf = (sub: string) => state.accounts.get(sub)?.email ?? sub
  const now = clock.now()
  return {
    now: now.toISOString(),
    accounts: [...state.accounts.values()],
    grants: [...state.grants.values()].map(({ id, sub, clientId, scopes, revokedAt }) => ({
      id,
      email: emailOf(sub),
      clientId,
      scopes,
      revoked: revokedAt !== null,
      refreshTokens: [...state.refreshTokens]
        .filter(([, token]) => token.grantId === id)
        .map(([key]) => `fp:${key.slice(0, 10)}`),
      liveAccessTokens: [...state.accessTokens.values()].filter(
        (token) => token.grantId === id && token.expiresAt > now.getTime(),
      ).length,
    })),
    calendars: [...state.calendars.values()].map((calendar) => ({
      id: calendar.id,
      summary: calendar.summary,
      timeZone: calendar.timeZone,
      owner: emailOf(calendar.ownerSub),
      sharedWith: [...state.listEntries.values()]
        .filter(
          (entry) => entry.calendarId === calendar.id && entry.sub !== calendar.ownerSub && !entry.deleted,
        )
        .map((entry) => ({ email: emailOf(entry.sub), accessRole: entry.accessRole })),
      events: [...calendar.events.values()].map((event) => event.resource),
    })),
    channels: [...state.channels.values()]
      .filter(({ expiration }) => expiration > now.getTime())
      .map(({ id, resourceId, resource, sub, address, expiration, messageNumber }) => ({
        id,
        resourceId,
        resource,
        email: emailOf(sub),
        address,
        expiration,
        messageNumber,
      })),
    mailboxes: [...state.mailboxes.values()].map((mailbox) => ({
      email: emailOf(mailbox.sub),
      historyId: newestHistoryId(mailbox),
      watch: liveWatch(state.mailboxWatches.get(mailbox.sub), now),
      labels: [...mailbox.labels.values()],
      messages: [...mailbox.messages.values()],
    })),
    drives: [...state.drives.values()].map((drive) => ({
      where: emailOf(drive.id),
      name: drive.name,
      members: [...drive.members]
        .filter(([, member]) => !member.removed)
        .map(([sub, { role }]) => ({ email: emailOf(sub), role })),
      files: [...drive.files.values()].filter(({ removed }) => !removed).map(({ resource }) => resource),
    })),
  }
}

const liveWatch = (watch: MailboxWatch | undefined, now: Date) =>
  watch === undefined || watch.expiration <= now.getTime()
    ? null
    : { topicName: watch.topicName, expiration: watch.expiration }
