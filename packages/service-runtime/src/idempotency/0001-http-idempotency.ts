import { Migration } from '@mikro-orm/migrations'

/** Answers by Idempotency-Key. A row without a status is a request still being answered. */
export class HttpIdempotency extends Migration {
  readonly loses: readonly string[] = [
    'http_idempotency and its rows: answers that a repeated request would get again',
  ]

  override up(): void {
    this.addSql(`
      create table http_idempotency (
        scope text not null,
        key text not null,
        fingerprint text not null,
        status integer,
        content_type text,
        location text,
        body text,
        expires_at timestamptz not null,
        primary key (scope, key)
      )`)
    this.addSql('create index http_idempotency_expires_at_index on http_idempotency (expires_at)')
    this.addSql('grant select, insert, update, delete on http_idempotency to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table http_idempotency')
  }
}
