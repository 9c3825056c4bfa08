import { callerOf, type HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { Grants, VendAudit } from '../../application/ports.ts'
import { ownConnection } from './own-connection.ts'

const auditSchema = z.object({
  grantId: z.uuid(),
  status: z.enum(['unbroken', 'broken', 'empty']),
  entries: z.number().int(),
  unchained: z.number().int(),
  forgotten: z.object({ entries: z.number().int(), until: z.iso.datetime() }).nullable(),
  head: z.object({ sequence: z.number().int(), hash: z.string() }).nullable(),
  breaks: z.array(z.object({ sequence: z.number().int(), problem: z.enum(['is missing', 'was changed']) })),
})

/** Whether the record of who borrowed what is whole, for the grant that a connection is part of. */
export function auditRoutes(
  app: HttpApp,
  { grants, vendAudit }: { readonly grants: Pick<Grants, 'find'>; readonly vendAudit: VendAudit },
): void {
  app.get(
    '/v1/connections/:id/audit',
    {
      config: { access: 'user', capability: 'connections.audit' },
      schema: {
        tags: ['connections'],
        params: z.strictObject({ id: z.uuid() }),
        response: { 200: auditSchema },
      },
    },
    async (request) => {
      const { grant } = ownConnection(callerOf(request), await grants.find(request.params.id))
      const { breaks, forgotten, ...report } = await vendAudit.verify(grant.grantId)
      return {
        ...report,
        forgotten: forgotten && { entries: forgotten.entries, until: forgotten.until.toISOString() },
        grantId: grant.grantId,
        status:
          breaks.length > 0
            ? ('broken' as const)
            : report.entries === 0
              ? ('empty' as const)
              : ('unbroken' as const),
        breaks: [...breaks],
      }
    },
  )
}
