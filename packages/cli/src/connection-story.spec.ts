import { describe, expect, it } from 'vitest'
import { causeChain, type Entry, lineOf } from './connection-story.ts'

const entry = (type: string, detail: Record<string, unknown> = {}): Entry => ({
  at: '2026-01-01T00:00:00.000Z',
  type,
  by: { kind: 'schedule' },
  summary: `${type}.`,
  detail,
})
const failed = (error: string) =>
  entry('RefreshFailed', { failureClass: 'x', evidence: { httpStatus: 400, error, errorSubtype: null } })
const types = (newestFirst: Entry[]) => causeChain(newestFirst).map(({ type }) => type)

describe('the cause chain of a connection', () => {
  it('goes back to when it last worked, and no further', () => {
    expect(
      types([
        entry('ReauthorizationRequired'),
        failed('invalid_grant'),
        entry('RefreshStarted'),
        entry('GrantRefreshed'),
        entry('RefreshStarted'),
        entry('TokensReceived'),
        entry('GrantOpened'),
      ]),
    ).toEqual([
      'TokensReceived',
      'RefreshStarted',
      'GrantRefreshed',
      'RefreshStarted',
      'RefreshFailed',
      'ReauthorizationRequired',
    ])
  })

  it('tells attempts that ended alike once, with their number', () => {
    const again = [failed('timed_out'), entry('RefreshStarted')]
    const chain = causeChain([...again, ...again, ...again, entry('TokensReceived')])
    expect(chain.map(({ type }) => type)).toEqual(['TokensReceived', 'RefreshStarted', 'RefreshFailed'])
    expect(chain.at(-1)?.summary).toContain('attempt 3')
  })

  it('names who did it and what Google said', () => {
    const line = lineOf({ ...failed('invalid_grant'), eventId: 'oauth-service/a@1', traceId: 't' })
    expect(line).toContain('by schedule, caused by oauth-service/a@1, trace t')
    expect(line).toContain('HTTP 400 invalid_grant')
  })
})
