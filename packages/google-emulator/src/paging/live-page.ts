import type { World } from '../world.ts'

export interface LivePage<Item> {
  readonly items: readonly Item[]
  readonly hasMore: boolean
}

/** The next rows of a log that may grow while it is being paged: what is written meanwhile comes at its end.
 * Reads no further than it must, so that a page costs its own size however long the log is. */
export function livePage<Item>(world: World, rows: Iterable<Item>, pageSize: number): LivePage<Item> {
  const size = world.pagePlan.shift() ?? pageSize
  const items: Item[] = []
  for (const row of rows) {
    if (items.length === size) return { items, hasMore: true }
    items.push(row)
  }
  return { items, hasMore: false }
}

/** The rows of an ascending log from a position on that `matches`. */
export function* rowsFrom<Item>(
  log: readonly Item[],
  position: number,
  matches: (item: Item) => boolean,
): Generator<Item> {
  for (let index = position; index < log.length; index += 1) {
    const item = log[index]
    if (item !== undefined && matches(item)) yield item
  }
}
