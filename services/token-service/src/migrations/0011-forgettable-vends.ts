import { Migration } from '@mikro-orm/migrations'

/** Old vends may be forgotten, from the beginning of a chain on. What is left still hangs on what went: each chain keeps
 * how much of its beginning is gone, the hash of the last entry that is, and when that was. */
export class ForgettableVends extends Migration {
  readonly loses: readonly string[] = [
    'vend_chain.forgotten, forgotten_hash and forgotten_until: where a chain without its beginning begins',
  ]

  override up(): void {
    this.addSql(`
      alter table vend_chain
        add column forgotten bigint not null default 0,
        add column forgotten_hash text not null default '',
        add column forgotten_until timestamptz`)
    this.addSql(forgetVends)
    this.addSql(`
      revoke all on function forget_vends(uuid, timestamptz, integer) from public;
      grant execute on function forget_vends(uuid, timestamptz, integer) to evergrant_service`)
  }

  override down(): void {
    this.addSql('drop function forget_vends(uuid, timestamptz, integer)')
    this.addSql(
      'alter table vend_chain drop column forgotten, drop column forgotten_hash, drop column forgotten_until',
    )
  }
}

/** Runs as the owner of the tables: a service may delete no entry. Here it can only take the beginning off a chain, which
 * stays visible, and nothing of the last thirty days, whatever it asks for. Where an entry is missing it ends: what is
 * broken stays to be seen. */
const forgetVends = `
  create function forget_vends(in_grant_id uuid, before timestamptz, at_most integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
  declare
    gone bigint;
    tip bigint;
    oldest_kept timestamptz := least(before, clock_timestamp() - interval '30 days');
  begin
    select c.forgotten into gone from public.vend_chain c where c.grant_id = in_grant_id for update skip locked;
    if not found then return 0; end if;
    select max(v.sequence) into tip from (
      select e.sequence,
          bool_and(e.vended_at < oldest_kept) over (order by e.sequence) as is_old,
          row_number() over (order by e.sequence) as n
        from public.token_vend e where e.grant_id = in_grant_id and e.sequence > gone
        order by e.sequence limit at_most
      ) v where v.is_old and v.sequence = gone + v.n;
    if tip is null then return 0; end if;
    update public.vend_chain c set forgotten = tip, forgotten_hash = e.hash, forgotten_until = e.vended_at
      from public.token_vend e
      where c.grant_id = in_grant_id and e.grant_id = in_grant_id and e.sequence = tip;
    delete from public.token_vend e where e.grant_id = in_grant_id and e.sequence > gone and e.sequence <= tip;
    return tip - gone;
  end $$;
`
