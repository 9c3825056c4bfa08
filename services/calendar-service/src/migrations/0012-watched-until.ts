import { Migration } from '@mikro-orm/migrations'

/** What Google says the changes of is polled less often. Told with the resource, so that reading it takes no other table. */
export class WatchedUntil extends Migration {
  readonly loses: readonly string[] = [
    'synced_resource.watched_until: until when Google says what changes; known again with its next notification',
  ]

  override up(): void {
    this.addSql('alter table synced_resource add column watched_until timestamptz')
  }

  override down(): void {
    this.addSql('alter table synced_resource drop column watched_until')
  }
}
