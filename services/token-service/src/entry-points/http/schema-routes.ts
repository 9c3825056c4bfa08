import { type HttpApp, type SchemaReport, schemaReportSchema } from '@evergrant/service-runtime'
import { z } from 'zod'

/** How the schema of every service stands, column by column. For administrators: end users never see a column name. */
export function schemaRoutes(app: HttpApp, deps: { readonly reports: () => Promise<SchemaReport[]> }): void {
  app.get(
    '/v1/schema',
    {
      config: { access: 'admin' },
      schema: { tags: ['schema'], response: { 200: z.object({ items: z.array(schemaReportSchema) }) } },
    },
    async () => ({ items: await deps.reports() }),
  )
}
