/** What is different at one place; without a value the place is gone. */
export interface CatalogChange {
  readonly at: readonly string[]
  readonly value?: unknown
}

/** What turns one tree of JSON into another; lists count as one value. */
export function changesBetween(before: unknown, after: unknown, at: readonly string[] = []): CatalogChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (!isTree(before) || !isTree(after)) return [{ at, value: after }]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    Object.hasOwn(after, key)
      ? changesBetween(before[key], after[key], [...at, key])
      : [{ at: [...at, key] }],
  )
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
