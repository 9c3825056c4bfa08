import { Migration } from '@mikro-orm/migrations'

/** Streams, facts, what leaves on the bus, and the commands already seen. */
export class EventStoreTables extends Migration {
  readonly loses: readonly string[] = [
    'es.stream, es.event, es.outbox, es.command_seen and their rows: every fact, and what was still to be published',
  ]

  override up(): void {
    this.addSql(`
      create schema es;
      grant usage on schema es to evergrant_service;

      create sequence es.position_seq as bigint cache 1;
      grant usage, select on sequence es.position_seq to evergrant_service;

      create table es.stream (
        stream_id text primary key,
        type text not null,
        version bigint not null,
        published_version bigint not null,
        updated_at timestamptz not null
      ) with (fillfactor = 70);
      create index stream_updated_at on es.stream (updated_at);
      grant select, insert, update on es.stream to evergrant_service;

      create table es.event (
        position bigint primary key,
        stream_id text not null references es.stream,
        version bigint not null,
        type text not null,
        schema_version integer not null,
        data jsonb not null,
        metadata jsonb not null,
        recorded_at timestamptz not null,
        unique (stream_id, version)
      );
      -- What happened stays what happened: nobody but the migrator may change it.
      grant select, insert on es.event to evergrant_service;

      create table es.outbox (
        id bigint primary key,
        shard smallint not null,
        stream_id text not null references es.stream,
        version bigint not null,
        subject text not null,
        headers jsonb not null,
        payload bytea not null,
        recorded_at timestamptz not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz,
        last_error text,
        parked_at timestamptz,
        published_at timestamptz,
        sequence bigint,
        repair integer not null default 0,
        repaired_at timestamptz,
        unique (stream_id, version)
      ) with (autovacuum_vacuum_scale_factor = 0.01);
      create index outbox_unpublished on es.outbox (shard, id) where published_at is null;
      create index outbox_troubled on es.outbox (stream_id) where published_at is null and attempts > 0;
      create index outbox_published on es.outbox (published_at) where published_at is not null;
      grant select, insert, update, delete on es.outbox to evergrant_service;

      create table es.command_seen (
        stream_id text not null,
        command_id text not null,
        first_version bigint not null,
        version bigint not null,
        seen_at timestamptz not null,
        primary key (stream_id, command_id)
      );
      create index command_seen_at on es.command_seen (seen_at);
      grant select, insert, update, delete on es.command_seen to evergrant_service;
    `)
    this.addSql(safePosition)
    this.addSql(append)
  }

  override down(): void {
    this.addSql(`
      drop function es.append(text, text, text, bigint, jsonb, jsonb, timestamptz, jsonb, text);
      drop function es.read_all(bigint, integer), es.safe_position(), es.lowest_locked(bigint), es.begin_append(),
        es.last_position();
      drop table es.command_seen, es.outbox, es.event, es.stream;
      drop sequence es.position_seq;
      drop schema es;
    `)
  }
}

/**
 * A reader by position must not pass a position that is still to be committed. Every appending transaction holds a
 * shared lock on the last position it saw *before* it takes its own; the lowest lock bounds what is safe to read.
 * A writer without a lock at the time of the listing takes positions above the sequence value read before it.
 * Unlike `pg_snapshot_xmin` this is not held back by other databases, and it survives a dump and restore.
 */
const safePosition = `
  create function es.last_position() returns bigint language sql volatile as $$
    select case when is_called then last_value else last_value - 1 end from es.position_seq
  $$;

  create function es.begin_append() returns void language plpgsql volatile as $$
  declare
    last bigint := es.last_position();
  begin
    perform pg_advisory_xact_lock_shared(1163282258, (last % 2147483648)::integer);
  end $$;

  create function es.lowest_locked(high bigint) returns bigint language sql volatile as $$
    -- A lock names its position modulo 2^31: the nearest such position at or below the top is meant.
    select min(high - ((high - objid::bigint) % 2147483648 + 2147483648) % 2147483648)
      from pg_locks
      where locktype = 'advisory' and classid = 1163282258 and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
  $$;

  create function es.safe_position() returns bigint language plpgsql volatile as $$
  declare
    high bigint := es.last_position();
  begin
    return least(high, es.lowest_locked(high));
  end $$;

  create function es.read_all(after bigint, max_rows integer) returns setof es.event language plpgsql volatile as $$
  declare
    safe bigint := es.safe_position();
  begin
    -- A statement of its own: its snapshot has to be younger than the safe position.
    return query select * from es.event e
      where e.position > after and e.position <= safe order by e.position limit max_rows;
  end $$;
`

/** One round trip: version check, facts, publications. The row lock on the stream comes before the positions, so
 * position order is version order within a stream. */
const append = `
  create function es.append(
    in_stream_id text, in_type text, mode text, expected bigint, facts jsonb, in_metadata jsonb,
    at timestamptz, publications jsonb, in_command_id text
  ) returns table (outcome text, stream_version bigint, first_version bigint, positions bigint[])
  language plpgsql volatile as $$
  declare
    fact_count integer := jsonb_array_length(facts);
    publication_count integer := jsonb_array_length(publications);
    after_version bigint;
    after_published bigint;
    ids bigint[];
  begin
    if in_command_id is not null then
      insert into es.command_seen values (in_stream_id, in_command_id, 0, 0, at) on conflict do nothing;
      if not found then
        return query select 'repeated', c.version, c.first_version, null::bigint[]
          from es.command_seen c where c.stream_id = in_stream_id and c.command_id = in_command_id;
        return;
      end if;
    end if;

    if mode = 'no_stream' then
      insert into es.stream as s values (in_stream_id, in_type, fact_count, publication_count, at)
        on conflict do nothing
        returning s.version, s.published_version into after_version, after_published;
    elsif mode = 'any' then
      insert into es.stream as s values (in_stream_id, in_type, fact_count, publication_count, at)
        on conflict (stream_id) do update set version = s.version + fact_count,
          published_version = s.published_version + publication_count, updated_at = at
        returning s.version, s.published_version into after_version, after_published;
    else
      update es.stream s set version = s.version + fact_count,
          published_version = s.published_version + publication_count, updated_at = at
        where s.stream_id = in_stream_id and (mode = 'stream_exists' or s.version = expected)
        returning s.version, s.published_version into after_version, after_published;
    end if;
    if after_version is null then
      if in_command_id is not null then
        delete from es.command_seen c where c.stream_id = in_stream_id and c.command_id = in_command_id;
      end if;
      return query select 'moved_on',
        coalesce((select s.version from es.stream s where s.stream_id = in_stream_id), 0), null::bigint, null::bigint[];
      return;
    end if;

    perform es.begin_append();
    ids := array(select nextval('es.position_seq') from generate_series(1, fact_count + publication_count));

    insert into es.event
      select ids[f.n], in_stream_id, after_version - fact_count + f.n, f.fact->>'type',
          (f.fact->>'schemaVersion')::integer, f.fact->'data', in_metadata, at
        from jsonb_array_elements(facts) with ordinality f(fact, n);

    insert into es.outbox (id, shard, stream_id, version, subject, headers, payload, recorded_at)
      select ids[fact_count + p.n], hashtext(in_stream_id) & 63, in_stream_id,
          after_published - publication_count + p.n, p.message->>'subject',
          (p.message->'headers')
            || jsonb_build_object('ce-id', in_stream_id || '@' || after_published - publication_count + p.n),
          convert_to(p.message->>'payload', 'UTF8'), at
        from jsonb_array_elements(publications) with ordinality p(message, n);

    if in_command_id is not null then
      update es.command_seen c set first_version = after_version - fact_count + 1, version = after_version
        where c.stream_id = in_stream_id and c.command_id = in_command_id;
    end if;
    return query select 'appended', after_version, after_version - fact_count + 1, ids[1:fact_count];
  end $$;
`
