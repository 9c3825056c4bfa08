import { readFile, rename, writeFile } from 'node:fs/promises'
import type { EmulatorClock } from './clock.ts'
import type { Section, WorldState } from './state.ts'

export interface Persistence {
  /** Reads what an earlier process left; nothing there is an empty world. */
  load(): Promise<void>
  /** Returns once everything changed before the call is on disk. */
  flush(): Promise<void>
}

const noPersistence: Persistence = { load: async () => {}, flush: async () => {} }

/** State in `<file>` (grants, digests of tokens) and `<file>.calendars`: each replaced by an atomic rename. */
export function createPersistence(
  file: string | undefined,
  state: WorldState,
  clock: EmulatorClock,
): Persistence {
  if (file === undefined) return noPersistence
  const pathOf = (section: Section) => (section === 'access' ? file : `${file}.calendars`)
  let writing: Promise<void> = Promise.resolve()

  async function writeChanged(): Promise<void> {
    // Calendars first: a grant on disk always finds its account's calendars there.
    for (const section of ['calendars', 'access'] as const) {
      if (!state.changed.has(section)) continue
      const text = JSON.stringify(
        section === 'access' ? { ...accessOf(state), clock: clock.setting() } : calendarsOf(state),
      )
      // Cleared with the snapshot, not after it is on disk: a change made meanwhile needs another write.
      state.changed.delete(section)
      const path = pathOf(section)
      await writeFile(`${path}.new`, text, { mode: 0o600 })
      await rename(`${path}.new`, path)
    }
  }

  function markAllChanged(): void {
    state.changed.add('calendars').add('access')
  }

  return {
    async load() {
      const access = await readJson(pathOf('access'))
      const calendars = await readJson(pathOf('calendars'))
      if (access) restoreAccess(state, clock, access as ReturnType<typeof accessOf> & { clock: never })
      if (calendars) restoreCalendars(state, calendars as ReturnType<typeof calendarsOf>)
    },
    flush() {
      // A write that failed was told to the request that waited for it; the next one tries everything again.
      writing = writing.catch(markAllChanged).then(() => writeChanged())
      return writing
    },
  }
}

const accessOf = ({ accounts, grants, codes, accessTokens, refreshTokens }: WorldState) => ({
  accounts: [...accounts],
  grants: [...grants],
  codes: [...codes],
  accessTokens: [...accessTokens],
  refreshTokens: [...refreshTokens],
})

const calendarsOf = ({ revision, sequence, calendars, listEntries, listTokens }: WorldState) => ({
  revision,
  sequence,
  calendars: [...calendars.values()].map(({ writes: _, ...calendar }) => ({
    ...calendar,
    events: [...calendar.events.values()],
  })),
  listEntries: [...listEntries],
  listTokens: [...listTokens],
})

function restoreAccess(
  state: WorldState,
  clock: EmulatorClock,
  stored: ReturnType<typeof accessOf> & { clock: Parameters<EmulatorClock['restore']>[0] },
): void {
  fill(state.accounts, stored.accounts)
  fill(state.grants, stored.grants)
  fill(state.codes, stored.codes)
  fill(state.accessTokens, stored.accessTokens)
  fill(state.refreshTokens, stored.refreshTokens)
  clock.restore(stored.clock)
}

function restoreCalendars(state: WorldState, stored: ReturnType<typeof calendarsOf>): void {
  state.revision = stored.revision
  state.sequence = stored.sequence
  for (const { events, ...calendar } of stored.calendars) {
    const byId = new Map(events.map((event) => [event.resource.id, event] as const))
    const writes = events.toSorted((a, b) => a.revision - b.revision)
    state.calendars.set(calendar.id, { ...calendar, events: byId, writes })
  }
  fill(state.listEntries, stored.listEntries)
  fill(state.listTokens, stored.listTokens)
}

function fill<Key, Value>(map: Map<Key, Value>, entries: readonly [Key, Value][]): void {
  for (const [key, value] of entries) map.set(key, value)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
