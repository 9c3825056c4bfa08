import { Migration } from '@mikro-orm/migrations'

/** The table its users know, with exactly these eleven columns. The token columns name a vault entry; never a token. */
export class UserOauthTokens extends Migration {
  readonly loses: readonly string[] = ['user_oauth_tokens and its rows']

  override up(): void {
    this.addSql(`
      create table user_oauth_tokens (
        id uuid primary key,
        user_id text not null,
        service text not null check (service in ('calendar', 'drive', 'gmail')),
        access_token text,
        refresh_token text,
        token_expiry timestamptz,
        scope text,
        service_user_id text not null,
        service_email text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        unique (user_id, service, service_user_id)
      )`)
    this.addSql('grant select, insert, update, delete on user_oauth_tokens to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table user_oauth_tokens')
  }
}
