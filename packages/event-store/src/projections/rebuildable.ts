import type { UnitOfWork } from '../log/event-store.ts'

/** What a rebuild made of the rows of one stream. */
export interface RebuiltStream {
  /** How many there are to be. */
  readonly rows: number
  /** How many were missing, different or too many; those were written, no others. */
  readonly wrong: number
}

/** A read model that can be made again from what the service wrote down, while the service runs. */
export interface Rebuildable {
  readonly name: string
  /** The streams that have rows in it. */
  readonly streamTypes: readonly string[]
  /** Whose rows it makes. */
  readonly tables: readonly string[]
  /** Brings the rows of one stream to what the log says. Keeps the stream's writers out, and leaves rows that are right
   * untouched, so that nobody who waits for one of them loses it. */
  rebuild(unit: UnitOfWork, streamId: string): Promise<RebuiltStream>
}
