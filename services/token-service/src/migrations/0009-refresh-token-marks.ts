import { Migration } from '@mikro-orm/migrations'

/** What Google calls a single refresh token when it says that it was revoked: hashes that find its grant. A token has more
 * entropy than anyone can search, so they give nothing away; of its first characters too only a hash is kept. */
export class RefreshTokenMarks extends Migration {
  readonly loses: readonly string[] = ['refresh_token_mark: filled again with each refresh']

  override up(): void {
    this.addSql(`
      create table refresh_token_mark (
        grant_id uuid primary key,
        generation integer not null,
        double_hash text not null,
        prefix_hash text not null
      )`)
    this.addSql('create index refresh_token_mark_double_hash on refresh_token_mark (double_hash)')
    this.addSql('create index refresh_token_mark_prefix_hash on refresh_token_mark (prefix_hash)')
    this.addSql('grant select, insert, update, delete on refresh_token_mark to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table refresh_token_mark')
  }
}
