import type { EmulatorClock } from './clock.ts'
import type { Section, WorldState } from './state.ts'

/** How one part of the state becomes JSON and comes back. */
interface StoredSection {
  read(): unknown
  /** `content` is what `read` gave an earlier process. */
  restore(content: unknown): void
}

/** What is stored of each part; what can be computed again (order of writes) is left out. */
export function storedSections(state: WorldState, clock: EmulatorClock): Record<Section, StoredSection> {
  return {
    calendars: stored(readCalendars, restoreCalendars),
    mailboxes: stored(readMailboxes, restoreMailboxes),
    drives: stored(readDrives, restoreDrives),
    channels: stored(readChannels, restoreChannels),
    access: stored(
      () => ({ ...readAccess(state), clock: clock.setting() }),
      (content) => {
        restoreAccess(state, content)
        clock.restore(content.clock)
      },
    ),
  }

  function stored<Content extends object>(
    read: (state: WorldState) => Content,
    restore: (content: Content, state: WorldState) => void,
  ): StoredSection {
    return {
      read: () => ({ revision: state.revision, sequence: state.sequence, ...read(state) }),
      restore(content) {
        // Nobody else writes these files.
        const known = content as Content & { revision?: number; sequence?: number }
        // Every part counts with the same two counters; the part written last knows how far they are.
        state.revision = Math.max(state.revision, known.revision ?? 0)
        state.sequence = Math.max(state.sequence, known.sequence ?? 0)
        restore(known, state)
      },
    }
  }
}

const readAccess = ({ accounts, grants, codes, accessTokens, refreshTokens }: WorldState) => ({
  accounts: [...accounts],
  grants: [...grants],
  codes: [...codes],
  accessTokens: [...accessTokens],
  refreshTokens: [...refreshTokens],
})

function restoreAccess(state: WorldState, content: ReturnType<typeof readAccess>): void {
  fill(state.accounts, content.accounts)
  fill(state.grants, content.grants)
  fill(state.codes, content.codes)
  fill(state.accessTokens, content.accessTokens)
  // Written before testing mode was known: it never ran out.
  for (const [key, token] of content.refreshTokens)
    state.refreshTokens.set(key, { ...token, expiresAt: token.expiresAt ?? null })
}

const readCalendars = ({ calendars, listEntries, listTokens }: WorldState) => ({
  calendars: [...calendars.values()].map(({ writes: _, events, ...calendar }) => ({
    ...calendar,
    events: [...events.values()],
  })),
  listEntries: [...listEntries],
  listTokens: [...listTokens],
})

function restoreCalendars(content: ReturnType<typeof readCalendars>, state: WorldState): void {
  for (const { events, ...calendar } of content.calendars) {
    const byId = new Map(events.map((event) => [event.resource.id, event] as const))
    state.calendars.set(calendar.id, { ...calendar, events: byId, writes: inOrder(events) })
  }
  fill(state.listEntries, content.listEntries)
  fill(state.listTokens, content.listTokens)
}

const readMailboxes = ({ mailboxes }: WorldState) => ({
  mailboxes: [...mailboxes.values()].map((mailbox) => ({
    ...mailbox,
    messages: [...mailbox.messages],
    labels: [...mailbox.labels],
  })),
})

function restoreMailboxes(content: ReturnType<typeof readMailboxes>, state: WorldState): void {
  for (const mailbox of content.mailboxes) {
    const [messages, labels] = [new Map(mailbox.messages), new Map(mailbox.labels)]
    state.mailboxes.set(mailbox.sub, { ...mailbox, messages, labels })
  }
}

const readDrives = ({ drives }: WorldState) => ({
  drives: [...drives.values()].map(({ writes: _, ...drive }) => ({
    ...drive,
    members: [...drive.members],
    files: [...drive.files],
  })),
})

function restoreDrives(content: ReturnType<typeof readDrives>, state: WorldState): void {
  for (const drive of content.drives) {
    const [members, files] = [new Map(drive.members), new Map(drive.files)]
    state.drives.set(drive.id, { ...drive, members, files, writes: inOrder([...files.values()]) })
  }
}

const readChannels = ({ channels, mailboxWatches, subscriptions }: WorldState) => ({
  channels: [...channels],
  mailboxWatches: [...mailboxWatches],
  subscriptions: [...subscriptions],
})

function restoreChannels(content: ReturnType<typeof readChannels>, state: WorldState): void {
  fill(state.channels, content.channels)
  fill(state.mailboxWatches, content.mailboxWatches)
  fill(state.subscriptions, content.subscriptions)
}

const inOrder = <Written extends { readonly revision: number }>(written: readonly Written[]) =>
  written.toSorted((a, b) => a.revision - b.revision)

function fill<Key, Value>(map: Map<Key, Value>, entries: readonly [Key, Value][]): void {
  for (const [key, value] of entries) map.set(key, value)
}
