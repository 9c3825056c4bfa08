import type { z } from 'zod'

/** The service contexts that publish; each has one JetStream stream of that name in upper case. */
export type Context = 'oauth' | 'token' | 'calendar'

/** A public event on the bus. Within a major version it only grows. */
export interface Contract<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name
  readonly context: Context
  readonly major: number
  /** `evergrant.<context>.<event-name>.v<major>` */
  readonly subject: string
  /** `ce-type` */
  readonly type: string
  /** One sentence for docs/events.md. */
  readonly says: string
  readonly schema: Schema
  readonly example: z.input<Schema>
}

export function defineContract<const Name extends string, Schema extends z.ZodType>(definition: {
  readonly name: Name
  readonly context: Context
  readonly major: number
  readonly says: string
  readonly schema: Schema
  readonly example: z.input<Schema>
}): Contract<Name, Schema> {
  const { name, context, major } = definition
  const kebab = name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  return {
    ...definition,
    subject: `evergrant.${context}.${kebab}.v${major}`,
    type: `evergrant.${context}.${name}.v${major}`,
  }
}
