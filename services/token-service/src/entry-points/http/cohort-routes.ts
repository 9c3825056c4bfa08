import type { HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { Diagnosis } from '../../application/diagnose-grants.ts'

const action = z.object({ kind: z.literal('contact_operator'), description: z.string() })
const ids = z.array(z.uuid())

const cohortSchema = z.object({
  reason: z.string(),
  confidence: z.enum(['certain', 'likely', 'possible']),
  cause: z.string(),
  action,
  count: z.number().int(),
  accounts: z.number().int(),
  domain: z.string().nullable(),
  since: z.string(),
  until: z.string(),
  open: z.boolean(),
  connectionIds: ids,
})
const accountSchema = z.object({
  reason: z.literal('refresh_token_limit'),
  accountId: z.string(),
  refreshTokens: z.number().int(),
  limit: z.number().int(),
  nextToGo: ids,
  action,
})
const answerSchema = z.object({
  items: z.array(cohortSchema),
  crowdedAccounts: z.array(accountSchema),
  lookedAt: z.object({ since: z.string(), grants: z.number().int(), all: z.boolean() }),
})

/** For operators (`evergrant doctor`): what many grants died of together. Ids and numbers, never a token or an address. */
export function cohortRoutes(
  app: HttpApp,
  { diagnose }: { readonly diagnose: () => Promise<Diagnosis> },
): void {
  app.get(
    '/v1/grants/cohorts',
    {
      config: { access: 'admin', capability: 'grants.diagnose' },
      schema: { tags: ['connections'], response: { 200: answerSchema } },
    },
    async () => await diagnose(),
  )
}
