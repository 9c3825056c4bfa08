import { compareNumbers, compareSizes } from './compare-limits.ts'
import { compareStrings } from './compare-strings.ts'
import { type JsonSchema, schemaOf } from './json-schema.ts'

/** Something the writer may write and the reader would refuse. */
export interface Incompatibility {
  /** `$.findings[].class`; `[]` is any element, `*` any key of a record and its value. */
  readonly path: string
  readonly problem: string
}

const annotations = ['$schema', 'default', 'description', 'title', 'examples']
const known = new Set([
  ...annotations,
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength', 'anyOf', 'oneOf'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'items', 'minItems', 'maxItems'],
  ...['properties', 'required', 'additionalProperties', 'propertyNames'],
])

/**
 * What a writer of one schema may write that a reader of the other refuses; empty when the reader accepts all of it.
 * Errs on the side of no: a keyword it does not know is an incompatibility, two patterns match the same only when they are
 * the same, and of several alternatives one must take the whole of the writer's.
 * Both are JSON Schema 2020-12 as zod draws it: the writer's `io: 'output'`, the reader's `io: 'input'`.
 */
export function incompatibilities(
  writer: JsonSchema,
  reader: JsonSchema,
  path = '$',
): readonly Incompatibility[] {
  const unknown = [...Object.keys(writer), ...Object.keys(reader)].filter((keyword) => !known.has(keyword))
  if (unknown.length > 0) {
    return [{ path, problem: `cannot compare the keyword ${[...new Set(unknown)].join(', ')}` }]
  }
  const accepted = alternatives(reader)
  return alternatives(writer).flatMap((written) => {
    const complaints = accepted.map((each) => compareOne(written, each, path))
    if (complaints.some((found) => found.length === 0)) return []
    // The alternative of the same type complains of what is really wrong; the others only of the type.
    return complaints.find((_, at) => accepted[at]?.type === written.type) ?? complaints[0] ?? []
  })
}

/** One schema for each type and branch. */
function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, ...rest } = schema
  const branches = anyOf ?? oneOf
  if (branches) return branches.flatMap((branch) => alternatives({ ...rest, ...schemaOf(branch) }))
  if (!Array.isArray(schema.type)) return [schema]
  return schema.type.map((type) => ({ ...schema, type }))
}

function compareOne(writer: JsonSchema, reader: JsonSchema, path: string): readonly Incompatibility[] {
  if (acceptsAnything(reader)) return []
  const because = (...problems: readonly (string | undefined)[]) =>
    problems.flatMap((problem) => (problem === undefined ? [] : [{ path, problem }]))
  if (!covers(reader.type, writer.type)) {
    return because(`is written as ${writer.type ?? 'anything'} and read as ${reader.type ?? 'listed values'}`)
  }
  const values = compareValues(writer, reader)
  if (values !== undefined) return because(values)
  if (writer.type === 'string') return because(...compareStrings(writer, reader))
  if (writer.type === 'number' || writer.type === 'integer') return because(...compareNumbers(writer, reader))
  if (writer.type === 'array') {
    const items = incompatibilities(schemaOf(writer.items), schemaOf(reader.items), `${path}[]`)
    return [...because(...compareSizes(writer, reader)), ...items]
  }
  return writer.type === 'object' ? compareObjects(writer, reader, path) : []
}

function acceptsAnything(schema: JsonSchema): boolean {
  return Object.keys(schema).every((keyword) => annotations.includes(keyword))
}

function covers(reader: JsonSchema['type'], writer: JsonSchema['type']): boolean {
  return reader === writer || (reader === 'number' && writer === 'integer')
}

function listed({ enum: values, const: single }: JsonSchema): readonly unknown[] | undefined {
  return values ?? (single === undefined ? undefined : [single])
}

function compareValues(writer: JsonSchema, reader: JsonSchema): string | undefined {
  const [written, read] = [listed(writer), listed(reader)]
  if (read === undefined) return undefined
  if (written === undefined) return `is read only as one of ${read.join(', ')}, and written freely`
  const refused = written.filter((value) => !read.includes(value))
  return refused.length === 0
    ? undefined
    : `is written as ${refused.join(', ')}, which the reader does not know`
}

function compareObjects(writer: JsonSchema, reader: JsonSchema, path: string): readonly Incompatibility[] {
  const [written, read] = [writer.properties ?? {}, reader.properties ?? {}]
  const always = new Set(writer.required ?? [])
  const missing = (reader.required ?? [])
    .filter((name) => !always.has(name))
    .map((name) => ({ path: `${path}.${name}`, problem: 'is required by the reader and not always written' }))
  const named = Object.entries(written).flatMap(([name, schema]) => {
    const place = `${path}.${name}`
    if (name in read) return incompatibilities(schemaOf(schema), schemaOf(read[name]), place)
    return [
      ...refusedName(name, reader, place),
      ...compareOther(schemaOf(schema), reader.additionalProperties, place),
    ]
  })
  return [...missing, ...named, ...compareRecords(writer, reader, path)]
}

function refusedName(name: string, { propertyNames }: JsonSchema, path: string): readonly Incompatibility[] {
  return propertyNames ? incompatibilities({ type: 'string', enum: [name] }, propertyNames, path) : []
}

/** Keys that the writer's schema does not name. `false` (zod's strip) and nothing at all: it writes no others. */
function compareRecords(writer: JsonSchema, reader: JsonSchema, path: string): readonly Incompatibility[] {
  const values = writer.additionalProperties
  if (values === undefined || values === false) return []
  const place = `${path}.*`
  const names = reader.propertyNames
    ? incompatibilities({ type: 'string', ...writer.propertyNames }, reader.propertyNames, `${path}.*`)
    : []
  const unnamed = Object.entries(reader.properties ?? {}).filter(
    ([name]) => !(name in (writer.properties ?? {})),
  )
  return [
    ...names,
    ...compareOther(schemaOf(values), reader.additionalProperties, place),
    ...unnamed.flatMap(([, schema]) => incompatibilities(schemaOf(values), schemaOf(schema), place)),
  ]
}

/** A reader that says nothing of other keys ignores them. */
function compareOther(
  written: JsonSchema,
  other: JsonSchema['additionalProperties'],
  path: string,
): readonly Incompatibility[] {
  if (other === false) return [{ path, problem: 'is a key that the reader refuses' }]
  return other === undefined ? [] : incompatibilities(written, schemaOf(other), path)
}
