import { Migration } from '@mikro-orm/migrations'

/** Up to which fact of its stream a grant's state was folded, and by which shape of the state: with both, a command reads
 * one row and not the log. A row from before says 0, and its grant is folded from the log once more. */
export class GrantSnapshots extends Migration {
  readonly loses: readonly string[] = ['grant_state.version and shape: written again with the next fact']

  override up(): void {
    this.addSql(`
      alter table grant_state
        add column version bigint not null default 0,
        add column shape integer not null default 0`)
  }

  override down(): void {
    this.addSql('alter table grant_state drop column version, drop column shape')
  }
}
