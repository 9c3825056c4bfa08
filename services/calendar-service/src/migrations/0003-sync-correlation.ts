import { Migration } from '@mikro-orm/migrations'

/** What asked for a sync, so that everything it leads to can be found by it, on any replica. */
export class SyncCorrelation extends Migration {
  readonly loses: readonly string[] = ['sync_status.correlation_id and sync_status.traceparent']

  override up(): void {
    this.addSql('alter table sync_status add column correlation_id text, add column traceparent text')
  }

  override down(): void {
    this.addSql('alter table sync_status drop column correlation_id, drop column traceparent')
  }
}
