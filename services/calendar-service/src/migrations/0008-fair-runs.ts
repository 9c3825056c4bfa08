import { Migration } from '@mikro-orm/migrations'

/** What whoever takes the next run looks at to be fair, and what may still be asked of Google this minute. */
export class FairRuns extends Migration {
  readonly loses: readonly string[] = [
    'request_budget and its rows: what was already asked of Google this minute',
  ]

  override up(): void {
    this.addSql(`create index resource_run_busy on resource_run (connection_id) where state = 'running'`)
    this.addSql(`
      create table request_budget (
        budget text primary key,
        left_over double precision not null,
        counted_at timestamptz not null
      )`)
    this.addSql('grant select, insert, update, delete on request_budget to evergrant_service')
  }

  override down(): void {
    this.addSql('drop index resource_run_busy')
    this.addSql('drop table request_budget')
  }
}
