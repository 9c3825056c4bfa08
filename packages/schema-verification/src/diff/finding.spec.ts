import { describe, expect, it } from 'vitest'
import { type FindingClass, hindrances, mayStart, type VerificationReport } from './finding.ts'

const report = (of: {
  readonly classes?: readonly FindingClass[]
  readonly capabilities?: readonly string[]
  readonly aheadBy?: readonly string[]
  readonly status?: VerificationReport['status']
}): VerificationReport => ({
  service: 'lab-service',
  status: of.status ?? 'drift',
  manifestHash: 'a',
  databaseHash: 'b',
  lastVerifiedAt: null,
  trigger: 'start',
  findings: (of.classes ?? []).map((word) => ({
    path: word,
    kind: 'any',
    class: word,
    expected: null,
    actual: null,
    explanation: 'any',
    remedy: null,
    additive: false,
    capabilities: of.capabilities ?? ['token.read'],
  })),
  capabilities: {},
  unverifiable: null,
  ddlNotification: null,
  aheadBy: of.aheadBy ?? [],
})
const every: readonly FindingClass[] = [
  'breaking_read',
  'breaking_write',
  'silent',
  'integrity',
  'performance',
  'info',
]

describe('a process that is only starting', () => {
  it.each(every)(
    'looks at a finding of class %s and becomes ready unless something would fail or lie',
    (word) => {
      expect(mayStart(report({ classes: [word] }))).toBe(['integrity', 'performance', 'info'].includes(word))
    },
  )

  it('becomes ready on a healthy schema, and never on one that nobody could look at', () => {
    expect(mayStart(report({ status: 'verified' }))).toBe(true)
    expect(mayStart(report({ status: 'unverifiable' }))).toBe(false)
  })

  it('is hindered by just those findings', () => {
    expect(hindrances(report({ classes: every })).map(({ path }) => path)).toEqual(every.slice(0, 3))
  })

  it('goes by what a newer release took away only where it needs it', () => {
    const newer = { classes: ['breaking_read'], aheadBy: ['0010-contract-note'] } as const
    expect(mayStart(report({ ...newer, capabilities: [] }))).toBe(true)
    expect(mayStart(report({ ...newer, capabilities: ['token.read'] }))).toBe(false)
    // By hand nobody takes away what is not needed: the contract may not name all.
    expect(mayStart(report({ classes: ['breaking_read'], capabilities: [] }))).toBe(false)
  })
})
