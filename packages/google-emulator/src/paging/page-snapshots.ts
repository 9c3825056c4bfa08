import { randomUUID } from 'node:crypto'

/** One line of a list, as it was when the first page was asked for. */
export interface Row {
  readonly sequence: number
  readonly item: object
}

/** Keeps the rows of lists that are being paged, so that a write between two pages neither shifts nor repeats one. */
export interface Snapshots {
  keep(rows: readonly Row[]): string
  find(id: string): readonly Row[] | undefined
}

/** Only the newest `limit` stay; an older one is built again from what is there now, which the next delta repairs. */
export function createSnapshots(limit = 200): Snapshots {
  const kept = new Map<string, readonly Row[]>()
  return {
    keep(rows) {
      const id = randomUUID()
      kept.set(id, rows)
      const oldest = kept.keys().next().value
      if (kept.size > limit && oldest !== undefined) kept.delete(oldest)
      return id
    },
    find: (id) => kept.get(id),
  }
}
