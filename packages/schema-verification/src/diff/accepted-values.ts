/** A check of the form `column in ('a', 'b')`, in PostgreSQL's own spelling. */
export interface AcceptedValues {
  /** The check with its list taken out. */
  readonly frame: string
  readonly values: ReadonlySet<string>
}

const literal = /'((?:[^']|'')*)'/g
const list = /ARRAY\[((?:'(?:[^']|'')*'(?:::[a-z ]+)?(?:, )?)+)\]/

/** The values a check lets through, or undefined when it is of another form. `in ('a')` is written `= 'a'`. */
export function acceptedValues(definition: string): AcceptedValues | undefined {
  const found = list.exec(definition)
  if (found?.[1] !== undefined) return { frame: definition.replace(list, '…'), values: literalsIn(found[1]) }
  const single = /^CHECK \(\((\S+) = ('(?:[^']|'')*'(?:::[a-z ]+)?)\)\)$/.exec(definition)
  if (single?.[2] === undefined) return undefined
  return { frame: `CHECK ((${single[1]} = ANY (…)))`, values: literalsIn(single[2]) }
}

function literalsIn(text: string): Set<string> {
  return new Set([...text.matchAll(literal)].map(([, value]) => value ?? ''))
}
