/** From worst to harmless; what each takes away is told in docs/operations.md. */
export const findingClasses = [
  'breaking_read',
  'breaking_write',
  'silent',
  'integrity',
  'performance',
  'info',
] as const

export type FindingClass = (typeof findingClasses)[number]

export type CapabilityState = 'ok' | 'degraded' | 'unavailable'

/** One difference between the schema the code needs and the one that is there. */
export interface Finding {
  /** `user_oauth_tokens.scope`, `es.event`, `grant_state(grant_state_account)`. */
  readonly path: string
  /** A stable word for what happened, such as `column_missing`. */
  readonly kind: string
  readonly class: FindingClass
  readonly expected: string | null
  readonly actual: string | null
  readonly explanation: string
  /** SQL for the migrator role; null where no statement of ours could be right. Never drops anything the code needs. */
  readonly remedy: string | null
  /** The remedy only adds: it may be applied without looking at the rows. */
  readonly additive: boolean
  readonly capabilities: readonly string[]
}

export interface Unverifiable {
  /** Stable word, such as `database_unreachable`. */
  readonly code: string
  readonly message: string
}

/** What set a verification off. */
export type VerificationTrigger = 'start' | 'ddl' | 'poll' | 'reconnect' | 'error' | 'migration' | 'request'

/** CONTRACT 3, "Schema report". */
export interface VerificationReport {
  readonly service: string
  readonly status: 'verified' | 'drift' | 'unverifiable'
  readonly manifestHash: string
  /** Equals `manifestHash` while the schema is what the manifest says. */
  readonly databaseHash: string | null
  readonly lastVerifiedAt: string | null
  readonly trigger: VerificationTrigger
  readonly findings: readonly Finding[]
  readonly capabilities: Readonly<Record<string, CapabilityState>>
  /** Why nothing could be verified; null otherwise. */
  readonly unverifiable: Unverifiable | null
  /** Event triggers that tell us of DDL: on, off, or not installed (null). */
  readonly ddlNotification: boolean | null
  /** Applied migrations that this code does not know. */
  readonly aheadBy: readonly string[]
}

/** What would fail or lie for this code. What a newer release took away and no statement here names does neither. */
export function hindrances({ findings, aheadBy }: VerificationReport): readonly Finding[] {
  return findings.filter(
    ({ class: word, capabilities }) =>
      ['breaking_read', 'breaking_write', 'silent'].includes(word) &&
      (capabilities.length > 0 || aheadBy.length === 0),
  )
}

/** Whether a process that is only starting may become ready on this schema. */
export function mayStart(report: VerificationReport): boolean {
  return report.status !== 'unverifiable' && hindrances(report).length === 0
}
