const plain = /^[a-z_][a-z0-9_]*$/

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** A relation's name as the catalog keys it (`user_oauth_tokens`, `es.event`), as SQL writes it. */
export function quotedRelation(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? quoted(name) : `${quoted(name.slice(0, dot))}.${quoted(name.slice(dot + 1))}`
}

export function schemaOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? 'public' : name.slice(0, dot)
}
