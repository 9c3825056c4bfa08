import type { Service } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { RefreshEvidence } from '../domain/failure-class.ts'
import type { Grant } from '../domain/grant-state.ts'

/** Whose secret, of which token set. What a stored ciphertext is bound to: a swapped or rolled-back row cannot be opened. */
export interface SecretBinding {
  readonly grantId: string
  readonly userId: string
  readonly generation: number
}

export interface TokensToKeep extends SecretBinding {
  /** null keeps the one that is there. */
  readonly accessToken: string | null
  /** null keeps the one that is there. */
  readonly refreshToken: string | null
  /** What the last ones were opened with, to spare reading it again. */
  readonly dataKey?: DataKey
}

/** Seals the tokens of one grant. */
export interface DataKey {
  readonly id: string
  readonly key: Buffer
}

export interface OpenedToken {
  readonly token: string
  readonly dataKey: DataKey
}

/** Keeps tokens encrypted at rest. */
export interface SecretVault {
  /** Commits with the unit of work. */
  keep(unit: UnitOfWork, tokens: TokensToKeep): Promise<void>
  /** undefined when a newer generation is stored by now: read the grant again.
   * @throws DomainError `tokens_not_readable` when the ciphertext is missing or fails authentication. */
  accessToken(binding: SecretBinding): Promise<string | undefined>
  /** As `accessToken`; `generation` is the one the refresh token came with. */
  refreshToken(binding: SecretBinding): Promise<OpenedToken | undefined>
  /** Destroys the grant's data key, and with it every copy of its tokens. Commits with the unit of work. */
  shred(unit: UnitOfWork, grantId: string): Promise<void>
}

/** A change of the outer key: every data key is wrapped anew, the tokens stay as they are. Times in epoch ms. */
export interface KeyRotation {
  readonly id: string
  readonly targetKeyId: string
  readonly startedBy: string
  readonly startedAt: number
  readonly finishedAt: number | null
  /** Data keys that were wrapped by other keys when it began. */
  readonly total: number
  readonly rewrapped: number
  /** Rows that fail authentication; they keep the key they name from being retired. */
  readonly unreadable: number
}

/** The vault's outer keys, the data keys each wraps, and the change from one to the next. */
export interface VaultKeys {
  status(): Promise<{
    readonly current: string
    readonly keys: readonly { readonly keyId: string; readonly dataKeys: number }[]
    readonly rotation: KeyRotation | null
  }>
  /** The one under way or the newest; null before the first. Asks no key service. */
  lastRotation(): Promise<KeyRotation | null>
  /** The rotation that is under way, or a new one. `newKey` asks for a fresh key where keys are ours to make.
   * @throws DomainError `key_ring_not_writable`, `key_ring_unreadable`, `vault_keys_unavailable`. */
  begin(wish: { readonly newKey: boolean; readonly startedBy: string }): Promise<KeyRotation>
  /** The open rotation, when no living replica works on it. */
  claim(holder: string, leaseMs: number): Promise<KeyRotation | undefined>
  /** Wraps the next data keys; what it did is committed, so anyone can go on from there. */
  rewrapNext(rotationId: string, limit: number): Promise<{ readonly finished: boolean }>
  /** @throws DomainError `vault_key_in_use`, `vault_key_not_found`. */
  retire(keyId: string): Promise<void>
}

export type RefreshAnswer =
  | {
      readonly ok: true
      readonly accessToken: string
      /** null when Google kept the old one, which is what it does. */
      readonly refreshToken: string | null
      /** null when Google did not repeat them. */
      readonly scopes: readonly string[] | null
      /** In Google's time. */
      readonly expiresAt: Date
    }
  | { readonly ok: false; readonly evidence: RefreshEvidence; readonly retryAfterSeconds: number | null }

export type RevocationAnswer =
  | { readonly settled: 'revoked' | 'already_gone' }
  | { readonly settled: null; readonly httpStatus: number | null; readonly retryAfterSeconds: number | null }

/** Google's token and revocation endpoints. Both answer with evidence instead of throwing; both have a deadline. */
export interface ProviderTokens {
  /** How long refreshes are best not even tried, because the endpoint's breaker is open; null when it is not. */
  pausedForSeconds(): number | null
  refresh(refreshToken: string): Promise<RefreshAnswer>
  revoke(token: string): Promise<RevocationAnswer>
  /** Our clock, corrected by what Google's `Date` headers say. */
  now(): Date
}

/** What an access token is good for, by Google's word. */
export interface TokenInfo {
  /** null when Google does not know the token any more, or does not answer; a null inside is what it did not say. */
  about(accessToken: string): Promise<{
    readonly scopes: readonly string[] | null
    readonly accountId: string | null
    readonly email: string | null
    readonly expiresAt: Date
  } | null>
}

/** A connection and the grant it is one service of. */
export interface ConnectionCard {
  readonly grant: Grant
  readonly service: Service
  readonly lastUsedAt: string | null
}

/** A grant as its read model has it. */
export interface GrantSnapshot {
  readonly grant: Grant
  /** Up to which fact; null when another release wrote it, and only the log can say. */
  readonly version: number | null
}

/** What the read models answer. */
export interface Grants {
  /** The token query: undefined when there is no such connection. */
  ofConnection(connectionId: string): Promise<ConnectionCard | undefined>
  /** The same for those who only look; it does not need the token table. */
  find(connectionId: string): Promise<ConnectionCard | undefined>
  byId(grantId: string): Promise<GrantSnapshot | undefined>
  /** Whether another user of this application holds a live grant of the same Google account. */
  accountIsSharedWithOthers(grant: Grant): Promise<boolean>
}

/** Tells every replica that a grant has changed. Lossy: whoever waits also looks for itself. */
export interface GrantSignals {
  /** Once it has committed. */
  changed(grantIds: readonly string[]): void
  /** Resolves at the next change of this grant, or after `ms`. */
  wait(grantId: string, ms: number): Promise<void>
}

export interface Vend {
  readonly connectionId: string
  readonly grantId: string
  readonly generation: number
  readonly caller: string
  readonly purpose: string | null
  readonly scopes: readonly string[]
  readonly traceparent: string | null
  readonly at: Date
}

/** Who borrowed what. */
export interface VendLog {
  /** Resolves, in this turn of the event loop, when a killed process would not forget it any more: only then may the token go out. */
  record(vend: Vend): Promise<void>
}

/** Whether the record of a grant's vends is whole: every entry carries the hash of the one before. */
export interface VendAudit {
  verify(grantId: string): Promise<{
    readonly entries: number
    /** Written by a version that knew no chain. */
    readonly unchained: number
    /** How many entries of the beginning are kept no more, and when the last of them was written; what came after is
     * complete unless `breaks` says otherwise. */
    readonly forgotten: { readonly entries: number; readonly until: Date } | null
    /** The last entry; keep its hash elsewhere, and nobody can replace the whole chain unseen. */
    readonly head: { readonly sequence: number; readonly hash: string } | null
    readonly breaks: readonly { readonly sequence: number; readonly problem: 'is missing' | 'was changed' }[]
  }>
}

/** Old vends, grant by grant. */
export interface OldVends {
  /** Forgets those from before then, in at most `limit` grants behind `after`; a grant's newer entries stay whole.
   * @returns how many went, and the grant to go on after; null when all were seen. */
  forget(query: {
    readonly before: Date
    readonly after: string | null
    readonly limit: number
  }): Promise<{ readonly forgotten: number; readonly next: string | null }>
}

/** Success and failure of token queries and refreshes, for /v1/google/health and /metrics. */
export interface TokenOutcomes {
  query(service: Service, ok: boolean): void
  refresh(services: readonly Service[], outcome: string): void
  /** A refresh after a failed one: made, or held back because the retry budget is spent. */
  retry(made: boolean): void
}

/** Numbers in [0, 1), so that waits and due times can spread. */
export type Random = () => number
