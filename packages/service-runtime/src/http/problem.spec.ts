import { DomainError, type ErrorKind } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import { problemFrom } from './problem.ts'

const of = (kind: ErrorKind, context: ConstructorParameters<typeof DomainError>[3] = {}) =>
  problemFrom(new DomainError(kind, 'some_code', 'Some sentence.', context), 'r1')

it.each<[ErrorKind, number]>([
  ['rejected', 400],
  ['unauthenticated', 401],
  ['forbidden', 403],
  ['missing', 404],
  ['method_not_allowed', 405],
  ['conflict', 409],
  ['precondition_failed', 412],
  ['too_large', 413],
  ['unsupported', 415],
  ['unprocessable', 422],
  ['limited', 429],
  ['internal', 500],
  ['unavailable', 503],
])('%s is %i', (kind, status) => {
  expect(of(kind).problem.status).toBe(status)
})

describe('a problem document', () => {
  it('carries what the caller can do and when', () => {
    const action = { kind: 'reconnect', description: 'Connect again.', url: 'https://x.example/' }
    const { problem, headers } = of('limited', { action, retryAfterSeconds: 2.1 })
    expect(problem).toEqual({
      type: 'urn:evergrant:problem:some_code',
      title: 'Some code',
      status: 429,
      detail: 'Some sentence.',
      code: 'some_code',
      requestId: 'r1',
      action,
      retryAfter: 3,
    })
    expect(headers['retry-after']).toBe('3')
  })
  it('never asks for a retry at once', () => {
    expect(of('unavailable', { retryAfterSeconds: 0 }).headers['retry-after']).toBe('1')
  })
  it('takes further members that cannot overwrite its own', () => {
    const { problem } = of('precondition_failed', {
      extensions: { mine: 1, theirs: 2, status: 200, code: 'x' },
    })
    expect(problem).toMatchObject({ mine: 1, theirs: 2, status: 412, code: 'some_code' })
  })
  it('keeps detail and cause to itself', () => {
    const text = JSON.stringify(
      of('unavailable', { detail: { sql: 'select 1' }, cause: new Error('select 2') }),
    )
    expect(text).not.toContain('select')
  })
  it('says nothing about a defect but where to find it in the logs', () => {
    const { problem } = of('internal', {
      extensions: { sql: 'select 1' },
      fields: [{ path: 'a', message: 'b' }],
    })
    expect(problem).toEqual({
      type: 'urn:evergrant:problem:internal_error',
      title: 'Internal error',
      status: 500,
      detail: 'Something went wrong on our side.',
      code: 'internal_error',
      requestId: 'r1',
    })
  })
})
