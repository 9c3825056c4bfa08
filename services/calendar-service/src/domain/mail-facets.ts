import type { ItemFacets } from './google-item.ts'

const headersOf = { from: ['from'], to: ['to', 'cc'], subject: ['subject'] }

/** What a message can be found by. */
export function mailFacets(message: {
  readonly labelIds: readonly string[]
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}): ItemFacets {
  const text = (names: readonly string[]) =>
    message.headers
      .filter(({ name }) => names.includes(name.toLowerCase()))
      .map(({ value }) => value.toLowerCase())
      .join(', ')
  return {
    from: text(headersOf.from),
    to: text(headersOf.to),
    subject: text(headersOf.subject),
    labels: message.labelIds.map((label) => label.toLowerCase()),
  }
}
