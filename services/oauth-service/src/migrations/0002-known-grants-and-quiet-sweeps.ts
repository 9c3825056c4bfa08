import { Migration } from '@mikro-orm/migrations'

/** When refresh tokens came and when they end; and an index that holds only what a sweep still has to do, so that a
 * million expired authorizations cost it nothing. */
export class KnownGrantsAndQuietSweeps extends Migration {
  readonly loses: readonly string[] = ['known_grant.received_at and known_grant.refresh_token_expires_at']

  override up(): void {
    this.addSql(`
      alter table known_grant
        add column received_at timestamptz,
        add column refresh_token_expires_at timestamptz`)
    this.addSql('create index known_grant_received_at_index on known_grant (received_at)')
    this.addSql(`
      create index authorization_secret_kept_index on authorization_secret (expires_at)
      where sealed_verifier is not null`)
  }

  override down(): void {
    this.addSql('drop index authorization_secret_kept_index, known_grant_received_at_index')
    this.addSql('alter table known_grant drop column received_at, drop column refresh_token_expires_at')
  }
}
