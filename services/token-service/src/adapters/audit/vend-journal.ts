import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Ids } from '@evergrant/decider'
import { z } from 'zod'
import type { Vend } from '../../application/ports.ts'

const entrySchema = z.object({
  id: z.uuid(),
  connectionId: z.uuid(),
  grantId: z.uuid(),
  generation: z.number().int(),
  caller: z.string(),
  purpose: z.string().nullable(),
  scopes: z.array(z.string()),
  traceparent: z.string().nullable(),
  at: z.coerce.date(),
})

/** A vend on its way: what it says, and the same as the JSON text that both the file and PostgreSQL take. */
export interface JournalEntry extends Vend {
  readonly id: string
  readonly line: string
}

/** Put into JSON once: that was a twentieth of what a vend costs, for each time it was done. */
export function journalEntry(vend: Vend & { readonly id: string }): JournalEntry {
  return { ...vend, line: JSON.stringify(vend) }
}

/** Entries on their way to PostgreSQL, where a killed process leaves them. One synchronous write into the page cache for all
 * vends of one turn of the event loop: it costs microseconds, and none is answered before it can no longer be forgotten. */
export interface VendJournal {
  /** What an earlier life of this instance left behind. */
  readonly left: { readonly entries: readonly JournalEntry[]; readonly unreadable: number }
  /** Resolves when the entry is in the file.
   * @throws what the file system says; none of the entries that were written together is in the file then. */
  append(entry: JournalEntry): Promise<void>
  /** Ends the current file. The answer deletes it and all before it, once their entries are in PostgreSQL. */
  seal(): () => void
}

/** Nothing survives a killed process: what is not in PostgreSQL then is lost. */
export const noJournal: VendJournal = {
  left: { entries: [], unreadable: 0 },
  append: async () => undefined,
  seal: () => () => undefined,
}

/** @throws when the folder cannot be made or read: a promise that cannot be kept must show at start. */
export function openVendJournal(options: {
  readonly folder: string
  /** Two living processes never share one. */
  readonly instanceId: string
  readonly ids: Ids
}): VendJournal {
  const { folder, ids } = options
  const prefix = `${encodeURIComponent(options.instanceId)}.`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const earlier = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.vends'))
    .map((name) => join(folder, name))
  const sealed: string[] = [...earlier]
  let current: { readonly file: string; readonly descriptor: number } | undefined
  let lines: string[] = []
  let written: Promise<void> | undefined

  const write = () => {
    if (lines.length === 0) return
    const text = lines.join('')
    lines = []
    if (current === undefined) {
      const file = join(folder, `${prefix}${ids.next()}.vends`)
      current = { file, descriptor: openSync(file, 'ax', 0o600) }
    }
    writeSync(current.descriptor, text)
  }
  const writeOnce = async () => {
    await immediate()
    written = undefined
    write()
  }

  return {
    left: leftIn(earlier),
    append: (entry) => {
      lines.push(`${entry.line}\n`)
      written ??= writeOnce()
      return written
    },
    seal: () => {
      // What still waits for its turn belongs to this file; nothing would ever delete a file that came after.
      write()
      if (current !== undefined) {
        closeSync(current.descriptor)
        sealed.push(current.file)
        current = undefined
      }
      const files = [...sealed]
      return () => {
        for (const file of files) rmSync(file, { force: true })
        sealed.splice(0, files.length)
      }
    },
  }
}

/** A line that a power cut left half written is counted, never guessed. */
function leftIn(files: readonly string[]): VendJournal['left'] {
  const entries: JournalEntry[] = []
  let unreadable = 0
  for (const line of files.flatMap((file) => readFileSync(file, 'utf8').split('\n'))) {
    if (line === '') continue
    const entry = entryIn(line)
    if (entry === undefined) unreadable += 1
    else entries.push(entry)
  }
  return { entries, unreadable }
}

function entryIn(line: string): JournalEntry | undefined {
  try {
    return { ...entrySchema.parse(JSON.parse(line)), line }
  } catch {
    return undefined
  }
}
