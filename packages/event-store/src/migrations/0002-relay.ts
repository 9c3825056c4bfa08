import { Migration } from '@mikro-orm/migrations'

/** Relays share 64 shards of the outbox; a shard has one owner at a time, for as long as its lease runs. */
export class RelayTables extends Migration {
  // Leases and low-water marks are found again by looking, so nothing is lost.
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(`
      create table es.relay (
        instance_id text primary key,
        expires_at timestamptz not null
      );
      grant select, insert, update, delete on es.relay to evergrant_service;

      create table es.relay_shard (
        shard smallint primary key,
        owner text,
        expires_at timestamptz not null default '-infinity',
        -- Nothing below is unpublished, so a reader need not wade through dead index entries.
        low_id bigint not null default 0,
        -- Counts repairs, which put rows below low_id back to unpublished.
        low_epoch bigint not null default 0
      ) with (fillfactor = 50);
      insert into es.relay_shard (shard) select generate_series(0, 63);
      grant select, update on es.relay_shard to evergrant_service;
    `)
    this.addSql(leaseShards)
    this.addSql(republish)
    this.addSql(raiseLowIds)
  }

  override down(): void {
    this.addSql(`
      drop function es.raise_low_ids(text, boolean), es.republish(text, bigint, bigint, integer),
        es.lease_shards(text, integer);
      drop table es.relay_shard, es.relay;
    `)
  }
}

/** Says "I live", gives back what is beyond a fair share, takes what is free. The clock is the database's. */
const leaseShards = `
  create function es.lease_shards(me text, lease_ms integer) returns setof smallint language plpgsql volatile as $$
  declare
    until timestamptz := clock_timestamp() + make_interval(secs => lease_ms / 1000.0);
    fair integer;
    mine integer;
  begin
    insert into es.relay values (me, until) on conflict (instance_id) do update set expires_at = until;
    delete from es.relay where expires_at < clock_timestamp() - interval '1 minute';
    select ceil(64.0 / count(*)) into fair from es.relay where expires_at > clock_timestamp();

    update es.relay_shard set owner = null
      where shard in (select s.shard from es.relay_shard s where s.owner = me order by s.shard offset fair);
    update es.relay_shard set expires_at = until where owner = me;
    get diagnostics mine = row_count;

    update es.relay_shard set owner = me, expires_at = until
      where shard in (
        select s.shard from es.relay_shard s where s.owner is null or s.expires_at < clock_timestamp()
          order by s.shard limit greatest(0, fair - mine) for update skip locked);
    return query select s.shard from es.relay_shard s where s.owner = me order by s.shard;
  end $$;
`

/** The rows go back to unpublished with their bytes untouched; `low_epoch` tells a relay that is just raising its
 * low-water mark that what it saw is no longer true. */
const republish = `
  create function es.republish(in_stream_id text, from_version bigint, to_version bigint, not_again_within_ms integer)
  returns table (first_available bigint, republished integer) language plpgsql volatile as $$
  declare
    lowest bigint;
  begin
    update es.outbox set published_at = null, repair = repair + 1, repaired_at = clock_timestamp()
      where stream_id = in_stream_id and version between from_version and to_version and published_at is not null
        and (repaired_at is null or repaired_at < clock_timestamp() - make_interval(secs => not_again_within_ms / 1000.0));
    get diagnostics republished = row_count;
    if republished > 0 then
      select min(id) into lowest from es.outbox where stream_id = in_stream_id and published_at is null;
      update es.relay_shard set low_id = least(low_id, lowest), low_epoch = low_epoch + 1
        where shard = hashtext(in_stream_id) & 63;
    end if;
    select min(version) into first_available from es.outbox where stream_id = in_stream_id and version >= from_version;
    return next;
  end $$;
`

/** Raises the low-water marks of an owner's shards: nothing unpublished below, and nothing below still to be
 * committed. Three statements on purpose: a repair or a commit in between is either seen or counted. */
const raiseLowIds = `
  create function es.raise_low_ids(me text, audit boolean) returns void language plpgsql volatile as $$
  declare
    epochs jsonb := (select jsonb_object_agg(shard, low_epoch) from es.relay_shard where owner = me);
    safe bigint := es.safe_position();
  begin
    update es.relay_shard s
      set low_id = least(safe + 1, coalesce((
        select min(o.id) from es.outbox o
          where o.shard = s.shard and o.published_at is null and (audit or o.id >= s.low_id)), safe + 1))
      where s.owner = me and s.low_epoch = (epochs->>s.shard::text)::bigint;
  end $$;
`
