import { callerOf, type HttpApp, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type ImportLegacyDeps, importLegacy, type TableRow } from '../../application/import-legacy.ts'

const text = z.string().max(500)
const moment = z.iso.datetime({ offset: true }).transform((value) => new Date(value))

const rowSchema = z.strictObject({
  rowId: text.min(1),
  userId: text.min(1),
  service: text,
  accountId: text.min(1).nullable(),
  email: text.min(1).nullable(),
  scope: z.string().max(10_000).nullable(),
  expiresAt: moment.nullable(),
  updatedAt: moment.nullable(),
  /** A JWE to our sealing key, for this row and user: the gateway sees no token. */
  sealedTokens: z.string().max(20_000),
})

const adoptionSchema = z.object({
  rowIds: z.array(z.string()),
  userId: z.string(),
  services: z.array(z.string()),
  outcome: z.enum(['imported', 'would_import', 'already_imported', 'already_connected', 'refused']),
  reason: z.string().nullable(),
  connections: z.array(
    z.object({
      id: z.uuid(),
      service: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      mustReconnect: z.boolean(),
    }),
  ),
})

const keySchema = z.object({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  y: z.string(),
  alg: z.string(),
})

const tags = ['legacy import']
const mostRows = 100

export interface LegacyImportRoutesDeps extends ImportLegacyDeps {
  readonly sealedTokens: {
    readonly publicKey: z.infer<typeof keySchema>
    readonly openAdopted: (
      sealed: string,
      subject: { readonly authorizationId: string; readonly grantId: string },
    ) => Promise<TableRow['tokens']>
  }
}

/** Takes over the rows of a table that another application kept, a batch at a time. */
export function legacyImportRoutes(app: HttpApp, deps: LegacyImportRoutesDeps): void {
  app.get(
    '/v1/legacy-imports/key',
    {
      config: { access: 'admin', capability: 'token.connect' },
      schema: { tags, response: { 200: keySchema } },
    },
    async () => deps.sealedTokens.publicKey,
  )
  app.post(
    '/v1/legacy-imports',
    {
      config: { access: 'admin', capability: 'token.connect' },
      schema: {
        tags,
        body: z.strictObject({
          dryRun: z.boolean().default(false),
          rows: z.array(rowSchema).min(1).max(mostRows),
        }),
        response: { 200: z.object({ items: z.array(adoptionSchema) }) },
      },
    },
    async (request) => {
      const { rows, dryRun } = request.body
      const opened = await Promise.all(
        rows.map(async ({ sealedTokens, ...row }) => ({
          ...row,
          tokens: await deps.sealedTokens.openAdopted(sealedTokens, {
            authorizationId: `legacy-row:${row.rowId}`,
            grantId: row.userId,
          }),
        })),
      )
      const metadata = metadataOf(request, { kind: 'operator', id: callerOf(request).sub })
      const adoptions = await importLegacy(deps, opened, { dryRun, metadata })
      return {
        items: adoptions.map((adoption) => ({
          ...adoption,
          rowIds: [...adoption.rowIds],
          services: [...adoption.services],
          connections: [...adoption.connections],
        })),
      }
    },
  )
}
