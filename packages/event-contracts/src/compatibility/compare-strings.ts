import type { JsonSchema } from './json-schema.ts'

/** Problems with how a string must look. Listed values are held against the reader's rules one by one. */
export function compareStrings(writer: JsonSchema, reader: JsonSchema): readonly (string | undefined)[] {
  const values = writer.enum ?? (writer.const === undefined ? undefined : [writer.const])
  if (values) return values.map((value) => refusal(String(value), reader))
  return [
    reader.pattern === undefined || reader.pattern === writer.pattern
      ? undefined
      : 'need not match the pattern the reader demands',
    // A pattern says what the format does, and more exactly.
    reader.format === undefined || reader.pattern !== undefined || reader.format === writer.format
      ? undefined
      : `need not be in the format ${reader.format} the reader demands`,
    (writer.minLength ?? 0) >= (reader.minLength ?? 0) ? undefined : 'may be shorter than the reader accepts',
    (writer.maxLength ?? Number.POSITIVE_INFINITY) <= (reader.maxLength ?? Number.POSITIVE_INFINITY)
      ? undefined
      : 'may be longer than the reader accepts',
  ]
}

function refusal(value: string, { pattern, format, minLength, maxLength }: JsonSchema): string | undefined {
  // A format without its pattern cannot be decided here.
  if (format !== undefined && pattern === undefined)
    return `"${value}" cannot be held against the format ${format}`
  const matches = pattern === undefined || new RegExp(pattern, 'u').test(value)
  const fits = value.length >= (minLength ?? 0) && value.length <= (maxLength ?? Number.POSITIVE_INFINITY)
  return matches && fits ? undefined : `"${value}" does not look as the reader demands`
}
