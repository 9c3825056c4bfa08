import type { TestIssuer } from '@evergrant/service-runtime/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import type { CalendarService } from '../service.ts'

const answerSchema = z.looseObject({
  id: z.string().optional(),
  status: z.union([z.string(), z.number()]).optional(),
  items: z.array(z.looseObject({ id: z.string().optional() })).optional(),
  nextCursor: z.string().nullish(),
})
/** What the specs look at; everything else is left as it comes. */
export type Answer = z.infer<typeof answerSchema>

/** Speaks HTTP to a replica as one of its users. */
export function apiCalls(issuer: () => TestIssuer) {
  const call = async (
    service: Pick<CalendarService, 'url'>,
    path: string,
    as: { sub: string; method?: string; body?: unknown; headers?: Record<string, string> },
  ) => {
    const authorization = await issuer().bearer(as.sub)
    const response = await fetch(`${service.url}${path}`, {
      method: as.method ?? 'GET',
      headers: {
        authorization,
        ...(as.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...as.headers,
      },
      ...(as.body === undefined ? {} : { body: JSON.stringify(as.body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    const body = answerSchema.parse(isJson ? JSON.parse(text) : {})
    return { status: response.status, headers: response.headers, text, body }
  }
  /** Everything a list endpoint has, page by page. */
  const all = async (service: Pick<CalendarService, 'url'>, path: string, sub: string) => {
    const items: NonNullable<Answer['items']> = []
    for (let cursor: string | null | undefined = ''; cursor !== null && cursor !== undefined; ) {
      const join = path.includes('?') ? '&' : '?'
      const more = cursor === '' ? '' : `${join}cursor=${cursor}`
      const { status, body, text } = await call(service, path + more, { sub })
      expect(status, text).toBe(200)
      items.push(...(body.items ?? []))
      cursor = body.hasMore === false ? null : body.nextCursor
    }
    return items
  }
  return { call, all }
}
