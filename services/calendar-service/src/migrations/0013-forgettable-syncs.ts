import { Migration } from '@mikro-orm/migrations'

/** Syncs may be forgotten some time after they ended, all but the newest of each resource. */
export class ForgettableSyncs extends Migration {
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(
      `insert into es.forgettable (type, ended_by) values ('sync', '{SyncCompleted,SyncFailed,SyncRefused}')`,
    )
    // What was asked for: one calendar, or all of a connection; of several connections, the first.
    this.addSql(
      'create index sync_status_of_resource on sync_status ((coalesce(calendar_id, connection_ids[1])), requested_at)',
    )
  }

  override down(): void {
    this.addSql('drop index sync_status_of_resource')
    this.addSql(`delete from es.forgettable where type = 'sync'`)
  }
}
