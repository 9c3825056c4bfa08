import { Migration } from '@mikro-orm/migrations'

/** What asked for a sync, so that everything it leads to can be found by it, on any replica. */
export class SyncCorrelation extends Migration {
  override up(): void {
    this.addSql('alter table sync_status add column correlation_id text, add column traceparent text')
  }
}
