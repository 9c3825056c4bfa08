import { Migration } from '@mikro-orm/migrations'

/** What an authorization needs besides its facts. Secrets are stored as fingerprints (SHA-256) or as ciphertext. */
export class Authorizations extends Migration {
  readonly loses: readonly string[] = [
    'authorization_secret, authorization_request_key, authorization_due, known_grant and their rows',
  ]

  override up(): void {
    this.addSql(`
      create table authorization_secret (
        authorization_id uuid primary key,
        ticket_fingerprint text not null,
        ticket_redeemed_at timestamptz,
        browser_fingerprint text,
        state_fingerprint text unique,
        state_redeemed_at timestamptz,
        sealed_verifier text,
        sealed_nonce text,
        expires_at timestamptz not null
      )`)
    this.addSql('create index authorization_secret_expires_at_index on authorization_secret (expires_at)')
    this.addSql(`
      create table authorization_request_key (
        user_id text not null,
        key text not null,
        fingerprint text not null,
        authorization_id uuid not null,
        created_at timestamptz not null,
        primary key (user_id, key)
      )`)
    this.addSql(
      'create index authorization_request_key_created_at_index on authorization_request_key (created_at)',
    )
    this.addSql(
      'create table authorization_due (authorization_id uuid primary key, due_at timestamptz not null)',
    )
    this.addSql('create index authorization_due_due_at_index on authorization_due (due_at)')
    this.addSql(`
      create table known_grant (
        grant_id uuid primary key,
        user_id text not null,
        email text not null,
        scopes jsonb not null,
        refresh_token_live boolean not null
      )`)
    this.addSql('create index known_grant_user_id_index on known_grant (user_id)')
    this.addSql(`
      grant select, insert, update, delete
      on authorization_secret, authorization_request_key, authorization_due, known_grant
      to evergrant_service`)
  }

  override down(): void {
    this.addSql('drop table known_grant, authorization_due, authorization_request_key, authorization_secret')
  }
}
