import { expect, it } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor, pageQuerySchema } from './pages.ts'

const position = z.object({ at: z.iso.datetime(), id: z.string() })

it('gets back the position it put into a cursor', () => {
  const here = { at: '2026-01-01T00:00:00.000Z', id: 'ü' }
  const cursor = encodeCursor(here)
  expect(pageQuerySchema.parse({ cursor })).toEqual({ limit: 50, cursor })
  expect(decodeCursor(cursor, position)).toEqual(here)
})

it.each(['', 'x', '%%%', encodeCursor({ at: 'now', id: 'a' }), encodeCursor(null), encodeCursor([1])])(
  'refuses %j as a cursor and names the parameter',
  (cursor) => {
    expect(() => decodeCursor(cursor, position)).toThrow(
      expect.objectContaining({
        code: 'invalid_cursor',
        context: { fields: [expect.objectContaining({ path: 'cursor' })] },
      }),
    )
  },
)
