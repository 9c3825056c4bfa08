import { z } from 'zod'
import { runtimeErrors } from '../errors.ts'

/** `limit` and `cursor` of every list. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[\w-]{1,1000}$/, 'is not one of our cursors')
    .optional(),
})

/** The answer of every list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** Where a list goes on, opaque to callers. It is not signed: a query must check ownership whatever the cursor says. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url')
}

/** @throws DomainError `invalid_cursor` when it is not the shape `schema` asks for. */
export function decodeCursor<Position>(cursor: string, schema: z.ZodType<Position>): Position {
  const invalid = () =>
    runtimeErrors.invalid_cursor({ fields: [{ path: 'cursor', message: 'is not one of our cursors' }] })
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw invalid()
  }
  const position = schema.safeParse(value)
  if (!position.success) throw invalid()
  return position.data
}
