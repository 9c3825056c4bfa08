import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'

const keySchema = z.string().regex(/^[\w-]{43}=?$/)
const ringSchema = z.object({
  current: z.string().min(1),
  keys: z.record(z.string(), keySchema),
  /** Out of use; kept for backups until an operator destroys them. */
  retired: z.record(z.string(), keySchema).optional(),
})

export type Ring = z.infer<typeof ringSchema>

/** @throws DomainError `key_ring_unreadable`. */
export async function readRing(file: string): Promise<Ring> {
  let ring: Ring
  try {
    ring = ringSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // The cause is left out on purpose: a parser quotes what it could not read, and that may be a key.
    throw tokenErrors.key_ring_unreadable({ detail: { file } })
  }
  if (ring.keys[ring.current] === undefined) {
    throw tokenErrors.key_ring_unreadable({ detail: { file, problem: 'no current key' } })
  }
  return ring
}

/** Changes whenever the file does; undefined while it cannot be looked at. */
export async function stampOf(file: string): Promise<string | undefined> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return undefined
  }
}

/** Replaces the file as a whole: a crash leaves the old ring or the new one, never half of one.
 * @throws DomainError `key_ring_not_writable`. */
export async function writeRing(file: string, ring: Ring): Promise<void> {
  const beside = `${file}.${randomUUID()}`
  try {
    const handle = await open(beside, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(ring, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
    await syncFolder(dirname(file))
  } catch (cause) {
    await rm(beside, { force: true })
    throw tokenErrors.key_ring_not_writable({ detail: { file }, cause })
  }
}

/** Without it a power cut may undo the rename after keys were already wrapped. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
