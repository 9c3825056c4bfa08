import { type Database, sqlOf } from '@evergrant/event-store'
import type { AuthorizationSecrets } from '../../application/ports.ts'

/** Fingerprints outlive their authorization a while, so that a late browser is told "used" or "expired", not "unknown". */
const fingerprintsKeptMs = 24 * 60 * 60_000

const batchSize = 1000

/** Single use is one conditional UPDATE each: PostgreSQL lets exactly one of two simultaneous copies through. */
export function createAuthorizationSecrets(database: Database): AuthorizationSecrets {
  return {
    keepTicket: async (unit, { authorizationId, fingerprint, expiresAt }) => {
      await sqlOf(unit)(
        `insert into authorization_secret (authorization_id, ticket_fingerprint, expires_at)
         values ($1, $2, $3) on conflict (authorization_id) do nothing`,
        [authorizationId, fingerprint, expiresAt],
      )
    },
    renewTicket: async (unit, { authorizationId, fingerprint, expiresAt }) => {
      await sqlOf(unit)(
        `update authorization_secret
         set ticket_fingerprint = $2, ticket_redeemed_at = null, state_fingerprint = null,
             state_redeemed_at = null, sealed_verifier = null, sealed_nonce = null, expires_at = $3
         where authorization_id = $1`,
        [authorizationId, fingerprint, expiresAt],
      )
    },
    knowsTicket: async (authorizationId, fingerprint) => {
      const rows = await sqlOf(database)(
        'select 1 from authorization_secret where authorization_id = $1 and ticket_fingerprint = $2',
        [authorizationId, fingerprint],
      )
      return rows.length > 0
    },
    redeemTicket: async (unit, { authorizationId, fingerprint, now }, binding) => {
      const rows = await sqlOf(unit)(
        `update authorization_secret
         set ticket_redeemed_at = $3, browser_fingerprint = $4, state_fingerprint = $5,
             sealed_verifier = $6, sealed_nonce = $7, expires_at = $8
         where authorization_id = $1 and ticket_fingerprint = $2 and ticket_redeemed_at is null
         returning 1`,
        [
          authorizationId,
          fingerprint,
          now,
          binding.browserFingerprint,
          binding.stateFingerprint,
          binding.sealedVerifier,
          binding.sealedNonce,
          binding.expiresAt,
        ],
      )
      return rows.length > 0
    },
    findBrowser: async (authorizationId) => {
      const [row] = await sqlOf(database)<{ browser_fingerprint: string | null }>(
        'select browser_fingerprint from authorization_secret where authorization_id = $1',
        [authorizationId],
      )
      return row?.browser_fingerprint ?? undefined
    },
    findByState: async (stateFingerprint) => {
      const [row] = await sqlOf(database)<{ authorization_id: string; browser_fingerprint: string }>(
        'select authorization_id, browser_fingerprint from authorization_secret where state_fingerprint = $1',
        [stateFingerprint],
      )
      return row && { authorizationId: row.authorization_id, browserFingerprint: row.browser_fingerprint }
    },
    newestSealedNonce: async () => {
      const [row] = await sqlOf(database)<{ authorization_id: string; sealed_nonce: string }>(
        `select authorization_id, sealed_nonce from authorization_secret
         where sealed_verifier is not null order by expires_at desc limit 1`,
      )
      return row && { authorizationId: row.authorization_id, sealedNonce: row.sealed_nonce }
    },
    redeemState: async (unit, { fingerprint, now }) => {
      // The row is locked before it is read, and the ciphertexts are gone with the same commit that hands them out.
      const [row] = await sqlOf(unit)<{ sealed_verifier: string; sealed_nonce: string }>(
        `with live as (
           select authorization_id, sealed_verifier, sealed_nonce from authorization_secret
           where state_fingerprint = $1 and state_redeemed_at is null and expires_at > $2
           for update
         )
         update authorization_secret secret
         set state_redeemed_at = $2, sealed_verifier = null, sealed_nonce = null
         from live where secret.authorization_id = live.authorization_id
         returning live.sealed_verifier, live.sealed_nonce`,
        [fingerprint, now],
      )
      return row && { sealedVerifier: row.sealed_verifier, sealedNonce: row.sealed_nonce }
    },
    sweep: async (now) => {
      await inBatches(
        database,
        `update authorization_secret set sealed_verifier = null, sealed_nonce = null
         where authorization_id in (
           select authorization_id from authorization_secret
           where expires_at <= $1 and sealed_verifier is not null limit $2 for update skip locked)
         returning 1`,
        now,
      )
      const longAgo = new Date(now.getTime() - fingerprintsKeptMs)
      await inBatches(
        database,
        `delete from authorization_secret
         where authorization_id in (
           select authorization_id from authorization_secret
           where expires_at <= $1 limit $2 for update skip locked)
         returning 1`,
        longAgo,
      )
      await inBatches(
        database,
        `delete from authorization_request_key
         where (user_id, key) in (
           select user_id, key from authorization_request_key
           where created_at <= $1 limit $2 for update skip locked)
         returning 1`,
        longAgo,
      )
    },
  }
}

/** Short transactions: a backlog of a million rows must not hold locks while a callback waits for one of them. */
async function inBatches(database: Database, statement: string, before: Date): Promise<void> {
  const sql = sqlOf(database)
  for (;;) {
    const rows = await sql(statement, [before, batchSize])
    if (rows.length < batchSize) return
  }
}
