import type { Sql } from '@evergrant/event-store'
import {
  answerLifetimeMs,
  type Claim,
  claimLifetimeMs,
  type IdempotencyStore,
  type IdempotentRequest,
  type StoredAnswer,
} from './idempotency-store.ts'

interface Row {
  readonly fingerprint: string
  readonly status: number | null
  readonly content_type: string | null
  readonly location: string | null
  readonly body: string | null
}

/** Shared by all replicas of a service: of two equal requests at once, one is answered and the other told to wait. */
export function createPostgresIdempotencyStore({ sql }: { readonly sql: Sql }): IdempotencyStore {
  return {
    claim: async (request) => {
      const { scope, key, fingerprint, now } = request
      const claimed = await sql(
        `insert into http_idempotency (scope, key, fingerprint, expires_at) values ($1, $2, $3, $4)
         on conflict (scope, key) do update
         set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at,
             status = null, content_type = null, location = null, body = null
         where http_idempotency.expires_at <= $5
         returning key`,
        [scope, key, fingerprint, claimExpiry(request), now.toISOString()],
      )
      if (claimed.length > 0) return { status: 'claimed' }
      const [row] = await sql<Row>(
        'select fingerprint, status, content_type, location, body from http_idempotency where scope = $1 and key = $2',
        [scope, key],
      )
      return row ? judge(row, fingerprint) : { status: 'in_flight' }
    },
    finish: async (request, answer) => {
      const { scope, key, fingerprint, now } = request
      const expiresAt = new Date(now.getTime() + answerLifetimeMs).toISOString()
      const { status, contentType, location, body } = answer
      // The claim's own expiry fences off a request so slow that another one took its claim over.
      await sql(
        `update http_idempotency set status = $5, content_type = $6, location = $7, body = $8, expires_at = $9
         where scope = $1 and key = $2 and fingerprint = $3 and expires_at = $4 and status is null`,
        [scope, key, fingerprint, claimExpiry(request), status, contentType, location, body, expiresAt],
      )
      // Every stored answer takes a few old ones out, so the table needs no sweeper of its own.
      await sql(
        `delete from http_idempotency where ctid = any (array(
           select ctid from http_idempotency where expires_at <= $1 limit 10 for update skip locked))`,
        [now.toISOString()],
      )
    },
    release: async (request) => {
      const { scope, key, fingerprint } = request
      await sql(
        `delete from http_idempotency
         where scope = $1 and key = $2 and fingerprint = $3 and expires_at = $4 and status is null`,
        [scope, key, fingerprint, claimExpiry(request)],
      )
    },
  }
}

function judge(row: Row, fingerprint: string): Claim {
  if (row.fingerprint !== fingerprint) return { status: 'other_request' }
  if (row.status === null) return { status: 'in_flight' }
  const answer: StoredAnswer = {
    status: row.status,
    contentType: row.content_type,
    location: row.location,
    body: row.body ?? '',
  }
  return { status: 'answered', answer }
}

function claimExpiry({ now }: IdempotentRequest): string {
  return new Date(now.getTime() + claimLifetimeMs).toISOString()
}
