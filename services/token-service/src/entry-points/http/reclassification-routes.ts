import { callerOf, type HttpApp, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type ReclassifyDeps, reclassifyFailures } from '../../application/reclassify-failures.ts'

const answerSchema = z.object({
  failures: z.number().int(),
  changed: z.array(z.object({ from: z.string(), to: z.string(), failures: z.number().int() })),
  grants: z.array(z.string()),
})

/** For operators, after the rule that classes failures has changed (`evergrant replay`). */
export function reclassificationRoutes(app: HttpApp, deps: ReclassifyDeps): void {
  app.post(
    '/v1/connections/reclassifications',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['connections'],
        body: z.strictObject({ dryRun: z.boolean() }),
        response: { 200: answerSchema },
      },
    },
    async (request) => {
      const metadata = metadataOf(request, { kind: 'operator', id: callerOf(request).sub })
      const { failures, changed, grants } = await reclassifyFailures(deps, { ...request.body, metadata })
      return { failures, changed: [...changed], grants: [...grants] }
    },
  )
}
