/** What the doctor says about one part. */
export interface Finding {
  readonly what: string
  readonly ok: boolean
  /** `unknown`: it cannot be told yet. `not_checked`: nobody answered the question. */
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown' | 'not_checked'
  readonly says: string
}
