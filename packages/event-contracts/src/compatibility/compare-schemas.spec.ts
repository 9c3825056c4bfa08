import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { incompatibilities } from './compare-schemas.ts'
import type { JsonSchema } from './json-schema.ts'

const compare = (writer: z.ZodType, reader: z.ZodType) =>
  incompatibilities(
    z.toJSONSchema(writer, { io: 'output' }) as JsonSchema,
    z.toJSONSchema(reader, { io: 'input' }) as JsonSchema,
  )

const base = z.object({ id: z.uuid(), reason: z.string() })
const word = z.enum(['ok', 'degraded'])
const severe = z.enum(['ok', 'degraded', 'unavailable'])

describe('a reader', () => {
  it.each<[string, z.ZodType, z.ZodType]>([
    ['of the same schema', base, base],
    ['that knows less', base.extend({ later: z.string() }), base],
    ['that knows an optional field more', base, base.extend({ later: z.string().optional() })],
    ['that knows a field with a default more', base, base.extend({ later: z.string().default('none') })],
    ['that takes null as well', z.object({ at: z.string() }), z.object({ at: z.string().nullable() })],
    ['of more values', z.object({ word }), z.object({ word: severe })],
    ['of any string where a listed one is written', z.object({ word }), z.object({ word: z.string() })],
    ['of numbers where integers are written', z.object({ n: z.int() }), z.object({ n: z.number() })],
    ['of wider limits', z.int().min(1).max(5), z.int().min(0).max(9)],
    ['of any values in a record', z.record(z.string(), word), z.record(z.string(), z.string())],
    ['of a record where fields are written', z.object({ a: word }), z.record(z.string(), word)],
    [
      'of either alternative',
      z.union([z.string(), z.object({ a: z.int() })]),
      z.union([z.object({ a: z.int() }), z.string()]),
    ],
    ['of anything', base, z.object({ id: z.unknown(), reason: z.unknown() })],
  ])('%s accepts what is written', (_says, writer, reader) => {
    expect(compare(writer, reader)).toEqual([])
  })

  it.each<[string, z.ZodType, z.ZodType, string, RegExp]>([
    ['a field it requires', base, base.extend({ later: z.string() }), '$.later', /not always written/],
    ['a field that became optional', base.partial({ reason: true }), base, '$.reason', /not always written/],
    [
      'null',
      z.object({ at: z.string().nullable() }),
      z.object({ at: z.string() }),
      '$.at',
      /written as null/,
    ],
    ['a new value', z.object({ word: severe }), z.object({ word }), '$.word', /unavailable/],
    ['any string', z.object({ word: z.string() }), z.object({ word }), '$.word', /written freely/],
    ['another type', z.object({ n: z.string() }), z.object({ n: z.int() }), '$.n', /written as string/],
    ['a fraction', z.object({ n: z.number() }), z.object({ n: z.int() }), '$.n', /written as number/],
    ['what is too large', z.int().max(9), z.int().max(5), '$', /larger/],
    ['what is too small', z.int().min(0), z.int().min(0).gt(0), '$', /smaller/],
    ['a shape that need not match', z.string(), z.uuid(), '$', /pattern/],
    ['a listed value of the wrong shape', z.enum(['no-uuid']), z.uuid(), '$', /does not look/],
    ['too long a text', z.string().max(10), z.string().max(5), '$', /longer/],
    ['too few elements', z.array(word), z.array(word).min(1), '$', /fewer/],
    [
      'an element it does not know',
      z.array(z.object({ word: severe })),
      z.array(z.object({ word })),
      '$[].word',
      /unavailable/,
    ],
    [
      'a record value it does not know',
      z.record(z.string(), severe),
      z.record(z.string(), word),
      '$.*',
      /unavailable/,
    ],
    ['a key it refuses', base, z.strictObject({ id: z.uuid() }), '$.reason', /refuses/],
    [
      'a key the record does not allow',
      z.object({ a: word }),
      z.partialRecord(z.enum(['b']), word),
      '$.a',
      /written as a/,
    ],
    ['one alternative more', z.union([z.string(), z.int()]), z.string(), '$', /written as integer/],
  ])('is refused %s, and told where', (_says, writer, reader, path, problem) => {
    expect(compare(writer, reader)).toEqual([{ path, problem: expect.stringMatching(problem) }])
  })

  it('is not trusted with a rule the comparer does not know', () => {
    const unknown = { type: 'array', uniqueItems: true } as JsonSchema
    expect(incompatibilities(unknown, unknown)).toEqual([
      { path: '$', problem: 'cannot compare the keyword uniqueItems' },
    ])
  })
})

interface Shape {
  readonly schema: z.ZodType
  /** What may be put in; what is written is what the schema makes of it. */
  readonly inputs: fc.Arbitrary<unknown>
}

const key = fc.constantFrom('a', 'b')
const listed = ['x', 'y', '7'] as const

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant({ schema: z.string(), inputs: fc.constantFrom<unknown>('', 'x', 'long text') }),
  fc.subarray([...listed], { minLength: 1 }).map((values) => ({
    schema: z.enum(values as [string]),
    inputs: fc.constantFrom<unknown>(...values),
  })),
  fc.tuple(fc.integer({ min: -3, max: 1 }), fc.integer({ min: 2, max: 4 })).map(([min, max]) => ({
    schema: z.int().min(min).max(max),
    inputs: fc.integer({ min, max }),
  })),
  fc.constant({ schema: z.number(), inputs: fc.constantFrom<unknown>(0.5, 2, -7) }),
  fc.constant({ schema: z.string().max(1), inputs: fc.constantFrom<unknown>('', 'x') }),
  fc.constant({ schema: z.boolean(), inputs: fc.boolean() }),
  fc.constant({ schema: z.unknown(), inputs: fc.constantFrom<unknown>(1, 'x', null) }),
)

const { shape } = fc.letrec<{ shape: Shape; object: Shape; list: Shape; record: Shape; either: Shape }>(
  (tie) => ({
    shape: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      tie('object'),
      tie('list'),
      tie('record'),
      tie('either'),
    ),
    object: fc
      .uniqueArray(
        fc.record({ name: key, of: tie('shape'), need: fc.constantFrom('required', 'optional', 'default') }),
        { selector: ({ name }) => name, maxLength: 2 },
      )
      .chain((fields) =>
        fc.tuple(
          fc.constant(fields),
          fc.tuple(
            ...fields.map(({ of }) => fc.sample(of.inputs, { numRuns: 1, seed: 1 })[0]).map(fc.constant),
          ),
          fc.boolean(),
        ),
      )
      .map(([fields, defaults, strict]) => {
        const shapeOf = Object.fromEntries(
          fields.map(({ name, of, need }, at) => [
            name,
            need === 'optional'
              ? of.schema.optional()
              : need === 'default'
                ? of.schema.default(defaults[at] as never)
                : of.schema,
          ]),
        )
        return {
          schema: strict ? z.strictObject(shapeOf) : z.object(shapeOf),
          inputs: fc.record(Object.fromEntries(fields.map(({ name, of }) => [name, of.inputs])), {
            requiredKeys: fields.filter(({ need }) => need === 'required').map(({ name }) => name),
          }),
        }
      }),
    list: tie('shape').map((of) => ({
      schema: z.array(of.schema),
      inputs: fc.array(of.inputs, { maxLength: 2 }),
    })),
    record: tie('shape').map((of) => ({
      schema: z.record(z.string(), of.schema),
      inputs: fc.dictionary(key, of.inputs),
    })),
    either: fc.tuple(tie('shape'), tie('shape')).map(([one, other]) => ({
      schema: z.union([one.schema, other.schema]),
      inputs: fc.oneof(one.inputs, other.inputs),
    })),
  }),
)

describe('the comparer', () => {
  it('never says yes to a writer of which the reader refuses anything', () => {
    let accepted = 0
    const pair = shape.chain((writer) =>
      fc.tuple(
        fc.constant(writer),
        fc.oneof(fc.constant(writer), shape),
        fc.array(writer.inputs, { minLength: 1, maxLength: 4 }),
      ),
    )
    fc.assert(
      fc.property(pair, ([writer, reader, inputs]) => {
        if (compare(writer.schema, reader.schema).length > 0) return
        accepted += 1
        for (const input of inputs) {
          const written = JSON.parse(JSON.stringify(writer.schema.parse(input)))
          expect(reader.schema.safeParse(written).success).toBe(true)
        }
      }),
      { numRuns: 3_000, seed: 20261128 },
    )
    // Otherwise it would have proven nothing.
    expect(accepted).toBeGreaterThan(500)
  })
})
