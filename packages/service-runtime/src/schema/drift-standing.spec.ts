import type { Finding, VerificationReport } from '@evergrant/schema-verification'
import { describe, expect, it } from 'vitest'
import { createDriftStanding } from './drift-standing.ts'

const clock = { now: () => new Date('2026-11-23T10:00:00Z') }
const finding = (path: string): Finding => ({
  path,
  kind: 'column_missing',
  class: 'breaking_read',
  expected: 'text',
  actual: null,
  explanation: `${path} is gone`,
  remedy: null,
  additive: true,
  capabilities: ['token.read'],
})
const report = (changes: Partial<VerificationReport> = {}): VerificationReport => ({
  service: 'token-service',
  status: 'verified',
  manifestHash: 'm',
  databaseHash: 'm',
  lastVerifiedAt: '2026-11-23T10:00:00.000Z',
  trigger: 'poll',
  findings: [],
  capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
  unverifiable: null,
  ddlNotification: true,
  aheadBy: [],
  ...changes,
})
const drift = (...paths: string[]) =>
  report({
    status: 'drift',
    findings: paths.map(finding),
    capabilities: { 'token.read': 'unavailable', 'token.refresh': 'degraded' },
  })

describe('what drift leaves', () => {
  it('refuses what it took away with 503 words, and names no column', () => {
    const standing = createDriftStanding(clock)
    standing.accept(drift('user_oauth_tokens.scope'))
    expect(() => standing.demand('token.read')).toThrow(
      expect.objectContaining({
        code: 'schema_drift',
        kind: 'unavailable',
        message: expect.not.stringContaining('scope'),
        context: expect.objectContaining({
          retryAfterSeconds: expect.any(Number),
          extensions: { capability: 'token.read', incidentId: standing.incident()?.incidentId },
        }),
      }),
    )
  })

  it('lets through what is only degraded, what works, and what nobody declared', () => {
    const standing = createDriftStanding(clock)
    standing.accept(drift('user_oauth_tokens.scope'))
    for (const capability of ['token.refresh', 'connect', 'nobody.knows']) standing.demand(capability)
    expect(standing.stateOf('token.refresh')).toBe('degraded')
  })

  it('has one name for the same drift on every replica, whatever was found first', () => {
    const [one, other] = [createDriftStanding(clock), createDriftStanding(clock)]
    one.accept(drift('a.x', 'b.y'))
    other.accept(drift('b.y', 'a.x'))
    expect(one.incident()?.incidentId).toBe(other.incident()?.incidentId)
    other.accept(drift('a.x'))
    expect(one.incident()?.incidentId).not.toBe(other.incident()?.incidentId)
  })

  it('is remembered while nobody can look', () => {
    const standing = createDriftStanding(clock)
    standing.accept(drift('user_oauth_tokens.scope'))
    standing.accept(report({ status: 'unverifiable', capabilities: {}, databaseHash: null }))
    expect(() => standing.demand('token.read')).toThrow()
    expect(standing.incident()).not.toBe(null)
  })

  it('is over with the first look that finds nothing', () => {
    const standing = createDriftStanding(clock)
    standing.accept(drift('user_oauth_tokens.scope'))
    standing.accept(report())
    standing.demand('token.read')
    expect(standing.incident()).toBe(null)
  })
})
