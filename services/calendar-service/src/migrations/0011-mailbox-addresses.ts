import { Migration } from '@mikro-orm/migrations'

/** Gmail names a mailbox by its address, and says of any of them at any time that it changed. */
export class MailboxAddresses extends Migration {
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(
      `create index known_connection_mailbox on known_connection (lower(account_email)) where service = 'gmail'`,
    )
  }

  override down(): void {
    this.addSql('drop index known_connection_mailbox')
  }
}
