/** The first position in an ascending list whose key is greater than `bound`. */
export function firstAfter<Item>(items: readonly Item[], key: (item: Item) => number, bound: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && key(item) <= bound) low = middle + 1
    else high = middle
  }
  return low
}
