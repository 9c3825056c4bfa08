/** A finished answer, kept so that the same request gets it again. */
export interface StoredAnswer {
  readonly status: number
  readonly contentType: string | null
  readonly location: string | null
  readonly body: string
}

export interface IdempotentRequest {
  /** Caller, method and route: one caller's keys never meet another's. */
  readonly scope: string
  readonly key: string
  /** Digest of the request; the same key with another digest is a mistake. */
  readonly fingerprint: string
  readonly now: Date
}

export type Claim =
  /** Ours to answer; `finish` or `release` it. A claim that is neither is free again after a minute. */
  | { readonly status: 'claimed' }
  | { readonly status: 'answered'; readonly answer: StoredAnswer }
  | { readonly status: 'in_flight' }
  | { readonly status: 'other_request' }

/** Remembers answers per Idempotency-Key for a day. */
export interface IdempotencyStore {
  claim(request: IdempotentRequest): Promise<Claim>
  finish(request: IdempotentRequest, answer: StoredAnswer): Promise<void>
  release(request: IdempotentRequest): Promise<void>
}

/** How long an answer is kept. */
export const answerLifetimeMs = 24 * 60 * 60 * 1000
/** How long a request may run before its claim counts as abandoned by a process that died. */
export const claimLifetimeMs = 60_000
