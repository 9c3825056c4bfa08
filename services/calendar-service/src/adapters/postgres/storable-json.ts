/** JSON that PostgreSQL's jsonb takes: it refuses NUL and lone surrogates, which JSON itself allows. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value)
  // Most pages have neither, and walking them would cost more than the rest of the page.
  return /\\u(?:0000|d[89a-f])/i.test(text) ? JSON.stringify(value, (_, each) => cleaned(each)) : text
}

function cleaned(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '').toWellFormed() : value
}
