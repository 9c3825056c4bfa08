/** The part of JSON Schema 2020-12 that zod draws for our contracts. */
export interface JsonSchema {
  readonly type?: string | readonly string[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly format?: string | undefined
  readonly pattern?: string | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly exclusiveMinimum?: number | undefined
  readonly exclusiveMaximum?: number | undefined
  readonly items?: JsonSchema | boolean | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly properties?: Readonly<Record<string, JsonSchema | boolean>> | undefined
  readonly required?: readonly string[] | undefined
  readonly additionalProperties?: JsonSchema | boolean | undefined
  readonly propertyNames?: JsonSchema | undefined
  readonly anyOf?: readonly (JsonSchema | boolean)[] | undefined
  readonly oneOf?: readonly (JsonSchema | boolean)[] | undefined
}

/** `true`, and nothing at all, accept anything; `false`, which zod draws for no value of ours, is written by nobody. */
export function schemaOf(schema: JsonSchema | boolean | undefined): JsonSchema {
  if (schema === false) return { enum: [] }
  return schema === true || schema === undefined ? {} : schema
}
