import { readFile, rename, writeFile } from 'node:fs/promises'
import type { EmulatorClock } from './clock.ts'
import { type Section, sections, type WorldState } from './state.ts'
import { storedSections } from './stored-sections.ts'

export interface Persistence {
  /** Reads what an earlier process left; nothing there is an empty world. */
  load(): Promise<void>
  /** Returns once everything changed before the call is on disk. */
  flush(): Promise<void>
}

const noPersistence: Persistence = { load: async () => {}, flush: async () => {} }

/** State in `<file>` (grants, digests of tokens) and `<file>.<section>`: each replaced by an atomic rename. */
export function createPersistence(
  file: string | undefined,
  state: WorldState,
  clock: EmulatorClock,
): Persistence {
  if (file === undefined) return noPersistence
  const stored = storedSections(state, clock)
  const pathOf = (section: Section) => (section === 'access' ? file : `${file}.${section}`)
  let writing: Promise<void> = Promise.resolve()

  async function writeChanged(): Promise<void> {
    // Access last: a grant on disk always finds its account's calendars there.
    for (const section of sections) {
      if (!state.changed.has(section)) continue
      const text = JSON.stringify(stored[section].read())
      // Cleared with the snapshot, not after it is on disk: a change made meanwhile needs another write.
      state.changed.delete(section)
      const path = pathOf(section)
      await writeFile(`${path}.new`, text, { mode: 0o600 })
      await rename(`${path}.new`, path)
    }
  }

  function markAllChanged(): void {
    for (const section of sections) state.changed.add(section)
  }

  return {
    async load() {
      for (const section of sections) {
        const content = await readJson(pathOf(section))
        if (content !== undefined) stored[section].restore(content)
      }
    },
    flush() {
      // A write that failed was told to the request that waited for it; the next one tries everything again.
      writing = writing.catch(markAllChanged).then(() => writeChanged())
      return writing
    },
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
