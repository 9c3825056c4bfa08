import { type BreakerMetrics, createBreaker } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { TokenInfo } from '../../application/ports.ts'

const deadlineMs = 5_000

/** Google writes numbers as strings here. */
const answerSchema = z.object({
  scope: z.string().optional(),
  sub: z.string().optional(),
  email: z.string().optional(),
  expires_in: z.coerce.number(),
})

/** Google's tokeninfo: what an access token is good for. A token in a body stays out of access logs on the way. */
export function createGoogleTokenInfo(options: {
  readonly url: string
  readonly now: () => Date
  readonly metrics: BreakerMetrics
}): TokenInfo {
  const breaker = createBreaker({
    name: 'google.tokeninfo',
    timeoutMs: deadlineMs,
    isFailure: () => true,
    metrics: options.metrics,
  })
  return {
    about: async (accessToken) => {
      const askedAt = options.now()
      try {
        return await breaker.run(async (signal) => {
          const response = await fetch(options.url, {
            method: 'POST',
            body: new URLSearchParams({ access_token: accessToken }),
            signal,
          })
          if (response.status >= 500 || response.status === 429)
            throw new Error(`tokeninfo ${response.status}`)
          if (!response.ok) return null
          const answer = answerSchema.parse(await response.json())
          return {
            scopes: answer.scope?.split(' ').filter((scope) => scope !== '') ?? null,
            accountId: answer.sub ?? null,
            email: answer.email ?? null,
            expiresAt: new Date(askedAt.getTime() + answer.expires_in * 1000),
          }
        })
      } catch {
        // Whatever happened: what Google did not say stays unknown.
        return null
      }
    },
  }
}
