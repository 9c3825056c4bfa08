import type { Clock } from '@evergrant/decider'
import { callerOf, type HttpApp, pageQuerySchema } from '@evergrant/service-runtime'
import { z } from 'zod'
import { parseMailSearch } from '../../domain/mail-search.ts'
import { changeOf, changeShape, readItemFeed } from './item-feed.ts'
import { type ItemRouteDeps, itemPageSchema, itemSchema, listItems } from './item-list.ts'

const listQuery = pageQuerySchema.extend({
  q: z.string().max(1000).default(''),
  includeSpamTrash: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .default(false),
})

const changesSchema = z.object({
  items: z.array(z.object({ ...changeShape, messageId: z.string(), message: itemSchema.optional() })),
  nextCursor: z.string(),
  hasMore: z.boolean(),
})

/** Gmail messages without their bodies, newest first, and their change feed. */
export function gmailRoutes(app: HttpApp, deps: ItemRouteDeps & { readonly clock: Clock }): void {
  app.get(
    '/v1/gmail/messages',
    {
      schema: { querystring: listQuery, response: { 200: itemPageSchema } },
      config: { access: 'user' },
    },
    async (request) => {
      const { limit, cursor, q, includeSpamTrash } = request.query
      const { terms, spamAndTrash } = parseMailSearch(q, deps.clock.now())
      const search = { terms, spamAndTrash: spamAndTrash || includeSpamTrash }
      return listItems(deps, { userId: callerOf(request).sub, service: 'gmail', limit, cursor, search })
    },
  )
  app.get(
    '/v1/gmail/changes',
    {
      schema: { querystring: pageQuerySchema, response: { 200: changesSchema } },
      config: { access: 'user' },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const query = { userId: callerOf(request).sub, service: 'gmail', limit, cursor } as const
      const { rows, ...page } = await readItemFeed(deps.database, query)
      const items = rows.map((row) => ({
        ...changeOf(row),
        messageId: row.itemId,
        ...(row.item ? { message: { ...row.item, connectionId: row.connectionId } } : {}),
      }))
      return { items, ...page }
    },
  )
}
