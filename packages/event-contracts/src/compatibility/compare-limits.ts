import type { JsonSchema } from './json-schema.ts'

/** Problems with how small and how large a number may be. */
export function compareNumbers(writer: JsonSchema, reader: JsonSchema): readonly (string | undefined)[] {
  const [least, most] = [lowerBound(writer), upperBound(writer)]
  return [
    above(least, lowerBound(reader)) ? undefined : `may be smaller than the reader accepts`,
    above(negated(most), negated(upperBound(reader))) ? undefined : `may be larger than the reader accepts`,
  ]
}

/** Problems with how many elements there may be. */
export function compareSizes(writer: JsonSchema, reader: JsonSchema): readonly (string | undefined)[] {
  return [
    (writer.minItems ?? 0) >= (reader.minItems ?? 0)
      ? undefined
      : 'may have fewer elements than the reader accepts',
    (writer.maxItems ?? Number.POSITIVE_INFINITY) <= (reader.maxItems ?? Number.POSITIVE_INFINITY)
      ? undefined
      : 'may have more elements than the reader accepts',
  ]
}

interface Bound {
  readonly at: number
  readonly exclusive: boolean
}

function lowerBound({ minimum, exclusiveMinimum }: JsonSchema): Bound {
  const open = exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const closed = minimum ?? Number.NEGATIVE_INFINITY
  return open >= closed
    ? { at: open, exclusive: open > Number.NEGATIVE_INFINITY }
    : { at: closed, exclusive: false }
}

function upperBound({ maximum, exclusiveMaximum }: JsonSchema): Bound {
  return negated(
    lowerBound({
      ...(maximum === undefined ? {} : { minimum: -maximum }),
      ...(exclusiveMaximum === undefined ? {} : { exclusiveMinimum: -exclusiveMaximum }),
    }),
  )
}

function negated({ at, exclusive }: Bound): Bound {
  return { at: -at, exclusive }
}

/** Whether everything above the first lower bound is above the second. */
function above(first: Bound, second: Bound): boolean {
  return first.at > second.at || (first.at === second.at && (first.exclusive || !second.exclusive))
}
