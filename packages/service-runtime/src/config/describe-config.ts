import { z } from 'zod'

/** One environment variable, for docs and `.env.example`. */
export interface ConfigKey {
  readonly name: string
  readonly required: boolean
  /** As it would be written in the environment; null when there is none. */
  readonly defaultValue: string | null
  readonly description: string
}

/** Every key of a config shape with its default and its one sentence, in the order declared. */
export function describeConfig(shape: z.ZodRawShape): readonly ConfigKey[] {
  return Object.entries(shape).map(([name, schema]) => {
    const whenUnset = z.safeParse(schema, undefined)
    const value = whenUnset.success ? whenUnset.data : undefined
    return {
      name,
      required: !whenUnset.success,
      defaultValue: value === undefined ? null : String(value),
      description: z.globalRegistry.get(schema)?.description ?? '',
    }
  })
}
