import { Migration } from '@mikro-orm/migrations'

/** When and why grants ended, so that those with one cause can be told together; and every refresh token that Google may
 * still count for an account. Without foreign keys: adding one would hold up the writers of `grant_state`. */
export class GrantTroubles extends Migration {
  readonly loses: readonly string[] = [
    'grant_trouble and its rows',
    'issued_refresh_token and its rows: which tokens Google may still count',
  ]

  override up(): void {
    this.addSql(`
      create table grant_trouble (
        grant_id uuid not null,
        generation integer not null,
        reason text not null,
        began_at timestamptz not null,
        token_since timestamptz,
        with_gmail boolean not null,
        primary key (grant_id, generation)
      )`)
    this.addSql('create index grant_trouble_began on grant_trouble (began_at)')
    this.addSql(`
      create table issued_refresh_token (
        grant_id uuid not null,
        generation integer not null,
        issuer text not null,
        account_id text not null,
        issued_at timestamptz not null,
        superseded_at timestamptz,
        primary key (grant_id, generation)
      )`)
    this.addSql(
      'create index issued_refresh_token_of_account on issued_refresh_token (issuer, account_id, issued_at)',
    )
    this.addSql(
      'grant select, insert, update, delete on grant_trouble, issued_refresh_token to evergrant_service',
    )
  }

  override down(): void {
    this.addSql('drop table grant_trouble, issued_refresh_token')
  }
}
