import { Migration } from '@mikro-orm/migrations'

/** Every grant's vends hang together: an entry that is missing or was changed no longer fits the next one. */
export class VendChain extends Migration {
  readonly loses: readonly string[] = [
    'vend_chain and its rows',
    'token_vend.sequence and token_vend.hash: the proof that no vend was taken out',
  ]

  override up(): void {
    // Nullable: a process of the version before still adds entries without a place in the chain.
    this.addSql('alter table token_vend add column sequence bigint, add column hash text')
    this.addSql(
      'create unique index token_vend_chain on token_vend (grant_id, sequence) where sequence is not null',
    )
    this.addSql(
      'create table vend_chain (grant_id uuid primary key, sequence bigint not null, hash text not null)',
    )
    this.addSql('grant select, insert, update on vend_chain to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table vend_chain')
    this.addSql('drop index token_vend_chain')
    this.addSql('alter table token_vend drop column sequence, drop column hash')
  }
}
