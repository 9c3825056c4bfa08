import type { Finding, FindingClass } from './finding.ts'

export type Access = 'read' | 'insert' | 'update' | 'delete'

/** What a difference touches; the contract turns it into capabilities. */
export interface Touch {
  readonly table: string
  /** Without columns the whole table is meant. */
  readonly columns?: readonly string[]
  readonly access: readonly Access[]
}

/** A finding before anybody asked which capabilities it hits. */
export interface Difference {
  readonly path: string
  readonly kind: string
  readonly class: FindingClass
  readonly expected: string | null
  readonly actual: string | null
  readonly explanation: string
  readonly remedy?: string
  readonly additive?: boolean
  readonly touches?: readonly Touch[]
  /** Functions that are not what they were. */
  readonly calls?: readonly string[]
  /** What it does to what it touches; by default what its class says. */
  readonly impact?: 'degraded' | 'unavailable'
}

export const everyAccess: readonly Access[] = ['read', 'insert', 'update', 'delete']
export const writes: readonly Access[] = ['insert', 'update']

/** What a class takes away where the difference does not say so itself. */
export function impactOf({ class: word, impact }: Difference): 'ok' | 'degraded' | 'unavailable' {
  if (word === 'info' || word === 'performance') return 'ok'
  if (impact !== undefined) return impact
  return word === 'breaking_read' || word === 'breaking_write' ? 'unavailable' : 'degraded'
}

export function findingOf(difference: Difference, capabilities: readonly string[]): Finding {
  const { path, kind, class: word, expected, actual, explanation } = difference
  return {
    path,
    kind,
    class: word,
    expected,
    actual,
    explanation,
    remedy: difference.remedy ?? null,
    additive: difference.additive ?? false,
    capabilities,
  }
}
