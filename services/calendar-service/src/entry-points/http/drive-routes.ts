import { callerOf, type HttpApp, pageQuerySchema } from '@evergrant/service-runtime'
import { z } from 'zod'
import { changeOf, changeShape, readItemFeed } from './item-feed.ts'
import { type ItemRouteDeps, itemPageSchema, itemSchema, listItems } from './item-list.ts'

const listQuery = pageQuerySchema.extend({
  /** Both when absent, as at Google. */
  trashed: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
})

const changesSchema = z.object({
  items: z.array(z.object({ ...changeShape, fileId: z.string(), file: itemSchema.optional() })),
  nextCursor: z.string(),
  hasMore: z.boolean(),
})

/** Drive files, most recently changed first, and their change feed. */
export function driveRoutes(app: HttpApp, deps: ItemRouteDeps): void {
  app.get(
    '/v1/drive/files',
    {
      schema: { querystring: listQuery, response: { 200: itemPageSchema } },
      config: { access: 'user' },
    },
    async (request) => {
      const { limit, cursor, trashed } = request.query
      const userId = callerOf(request).sub
      const filter = trashed === undefined ? {} : { trashed }
      return listItems(deps, { userId, service: 'drive', limit, cursor, ...filter })
    },
  )
  app.get(
    '/v1/drive/changes',
    {
      schema: { querystring: pageQuerySchema, response: { 200: changesSchema } },
      config: { access: 'user' },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const query = { userId: callerOf(request).sub, service: 'drive', limit, cursor } as const
      const { rows, ...page } = await readItemFeed(deps.database, query)
      const items = rows.map((row) => ({
        ...changeOf(row),
        fileId: row.itemId,
        ...(row.item ? { file: { ...row.item, connectionId: row.connectionId } } : {}),
      }))
      return { items, ...page }
    },
  )
}
