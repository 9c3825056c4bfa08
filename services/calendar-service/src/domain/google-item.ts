/** A Gmail message or a Drive file, as metadata. */
export interface GoogleItem {
  readonly id: string
  /** Changes whenever the item does. */
  readonly revision: string
  /** Gone, or out of reach; then there is nothing but the id. */
  readonly deleted: boolean
  /** ms since the epoch: when a message came, when a file was changed. What lists are in order of. */
  readonly atMs: number
  /** Lower-case words to search by. */
  readonly facets: ItemFacets
  /** Google's own fields. */
  readonly raw: Readonly<Record<string, unknown>>
}

export type ItemFacets = Readonly<Record<string, string | readonly string[]>>

export function deletedItem(id: string): GoogleItem {
  return { id, revision: '', deleted: true, atMs: 0, facets: {}, raw: {} }
}

/** Google's history ids are 64-bit numbers in text: as floating point they lose their last digits. */
export function laterHistoryId(left: string, right: string): string {
  return BigInt(left) >= BigInt(right) ? left : right
}
