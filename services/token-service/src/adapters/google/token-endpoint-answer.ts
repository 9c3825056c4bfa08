import { z } from 'zod'
import type { RefreshAnswer } from '../../application/ports.ts'

const successSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().optional(),
})

const word = z
  .string()
  .regex(/^[\w.-]{1,64}$/)
  .nullable()
  .catch(null)
const errorSchema = z.object({ error: word, error_subtype: word.optional() })

/** What the token endpoint said. The ID token in it is left alone: it was checked at consent and proves nothing new.
 * @param startedAt when the request began, in Google's time: latency must not count as validity. */
export async function answerFrom(response: Response, startedAt: Date): Promise<RefreshAnswer> {
  const body = await bodyOf(response)
  if (response.status === 200) {
    const success = successSchema.safeParse(body)
    if (success.success) {
      const { access_token, expires_in, refresh_token, scope } = success.data
      return {
        ok: true,
        accessToken: access_token,
        refreshToken: refresh_token ?? null,
        scopes: scope === undefined ? null : scope.split(' ').filter(Boolean),
        expiresAt: new Date(startedAt.getTime() + expires_in * 1000),
      }
    }
    return failed(response, { error: 'unreadable_answer', errorSubtype: null })
  }
  const error = errorSchema.safeParse(body)
  return failed(response, {
    error: error.data?.error ?? null,
    errorSubtype: error.data?.error_subtype ?? null,
  })
}

/** Seconds; an HTTP date is measured against the answer's own `Date`. */
export function retryAfterSecondsOf({ headers }: Response): number | null {
  const value = headers.get('retry-after')
  if (value === null) return null
  if (/^\d{1,6}$/.test(value)) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null
}

function failed(
  response: Response,
  said: { readonly error: string | null; readonly errorSubtype: string | null },
): RefreshAnswer {
  return {
    ok: false,
    evidence: { httpStatus: response.status, ...said },
    retryAfterSeconds: retryAfterSecondsOf(response),
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
