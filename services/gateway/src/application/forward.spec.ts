import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { createForward } from './forward.ts'
import type { NoAnswer, UpstreamAnswer, UpstreamRequest } from './ports.ts'

const request = (method: string): UpstreamRequest => ({
  method,
  path: '/v1/connections',
  headers: {},
  body: null,
  signal: new AbortController().signal,
})
const answer: UpstreamAnswer = { status: 200, headers: {}, body: Readable.from([]) }
const refused: NoAnswer = { reached: 'refused', cause: new Error('refused') }
const perhaps: NoAnswer = { reached: 'perhaps', cause: new Error('reset') }

function replicas(behaviour: Record<string, UpstreamAnswer | NoAnswer>) {
  const asked: string[] = []
  const forward = createForward(async (url) => {
    asked.push(url)
    return behaviour[url] ?? refused
  })
  return { asked, forward: (method: string) => forward(Object.keys(behaviour), request(method)) }
}

it('takes turns between replicas', async () => {
  const { asked, forward } = replicas({ a: answer, b: answer })
  await forward('GET')
  await forward('POST')
  await forward('GET')
  expect(asked).toEqual(['a', 'b', 'a'])
})

it('tries the next replica when a connection is refused, whatever the method', async () => {
  const { asked, forward } = replicas({ a: refused, b: answer })
  await expect(forward('POST')).resolves.toBe(answer)
  expect(asked).toEqual(['a', 'b'])
})

it('never sends a command again that may have arrived', async () => {
  const { asked, forward } = replicas({ a: perhaps, b: answer })
  await expect(forward('POST')).rejects.toMatchObject({ code: 'outcome_unknown', kind: 'unavailable' })
  expect(asked).toEqual(['a'])
})

it('asks a question again at the next replica', async () => {
  const { asked, forward } = replicas({ a: perhaps, b: answer })
  await expect(forward('GET')).resolves.toBe(answer)
  expect(asked).toEqual(['a', 'b'])
})

it('says when to come back once no replica answers', async () => {
  const { asked, forward } = replicas({ a: refused, b: refused })
  await expect(forward('POST')).rejects.toMatchObject({
    code: 'service_unavailable',
    context: { retryAfterSeconds: 1 },
  })
  expect(asked).toEqual(['a', 'b'])
})
