import { Migration } from '@mikro-orm/migrations'

/** Google counts a sliding minute; a bucket that never exceeds one wastes a sixth of it, so the seconds are kept. */
export class SlidingBudgets extends Migration {
  readonly loses: readonly string[] = [
    'request_budget.spent: what was asked of Google in each second of this minute',
  ]

  override up(): void {
    this.addSql(`alter table request_budget add column spent integer[] not null default '{}'`)
  }

  override down(): void {
    this.addSql('alter table request_budget drop column spent')
  }
}
