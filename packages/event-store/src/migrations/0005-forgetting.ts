import { Migration } from '@mikro-orm/migrations'

/** Streams of some types may be forgotten once they have ended; a service says which, in a migration of its own. */
export class Forgetting extends Migration {
  readonly loses: readonly string[] = ['es.forgettable and its rows: which streams may be forgotten']

  override up(): void {
    this.addSql(`
      create table es.forgettable (
        type text primary key,
        -- The facts after which nothing follows in such a stream.
        ended_by text[] not null
      )`)
    this.addSql('grant select on es.forgettable to evergrant_service')
    this.addSql('create index stream_of_type on es.stream (type, updated_at)')
    this.addSql(oldStreams)
    this.addSql(forgetStreams)
    this.addSql(`
      revoke all on function es.forget_streams(text[], timestamptz) from public;
      grant execute on function es.forget_streams(text[], timestamptz) to evergrant_service`)
  }

  override down(): void {
    this.addSql(`
      drop function es.forget_streams(text[], timestamptz),
        es.old_streams(text, timestamptz, timestamptz, text, integer);
      drop index es.stream_of_type;
      drop table es.forgettable`)
  }
}

/** A page of the streams of a type that did not change since then, the oldest first, and what keeps each. */
const oldStreams = `
  create function es.old_streams(
    in_type text, before timestamptz, after_at timestamptz, after_id text, max_rows integer
  ) returns table (stream_id text, changed_at timestamptz, ended boolean, unpublished boolean, parked boolean)
  language sql stable as $$
    select s.stream_id, s.updated_at, coalesce(last.type = any (f.ended_by), false),
        waiting.parked is not null, coalesce(waiting.parked, false)
      from es.forgettable f
      join es.stream s on s.type = f.type
      left join es.event last on last.stream_id = s.stream_id and last.version = s.version
      cross join lateral (
        select bool_or(o.parked_at is not null) as parked
          from es.outbox o where o.stream_id = s.stream_id and o.published_at is null
      ) waiting
      where f.type = in_type and s.updated_at < before
        and s.updated_at >= after_at and (s.updated_at, s.stream_id) > (after_at, after_id)
      order by s.updated_at, s.stream_id limit max_rows
  $$;
`

/** What was decided holds only if nobody came between: whoever appends holds the stream, whoever publishes again holds its
 * publications, and a stream of which anything is held is left for the next time. Runs as the owner of the tables: a
 * service may delete no fact, and here only what its migrations call forgettable and what has ended. */
const forgetStreams = `
  create function es.forget_streams(in_stream_ids text[], before timestamptz) returns setof text
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
  declare
    ids text[];
  begin
    ids := array(
      select s.stream_id from es.stream s
        where s.stream_id = any (in_stream_ids) and s.updated_at < before
          and exists (select from es.forgettable f where f.type = s.type)
        order by s.stream_id for update skip locked);
    -- A statement of its own: nobody appends any more, and what was committed until then is seen.
    ids := array(
      with held as materialized (
        select o.stream_id from es.outbox o
          where o.stream_id = any (ids) and o.published_at is not null for update skip locked),
      publications as (
        select a.stream_id, count(*) as there from es.outbox a where a.stream_id = any (ids) group by a.stream_id),
      published as (
        select h.stream_id, count(*) as there from held h group by h.stream_id)
      select s.stream_id
        from es.stream s
        join es.forgettable f on f.type = s.type
        join es.event last on last.stream_id = s.stream_id and last.version = s.version
        left join publications a on a.stream_id = s.stream_id
        left join published p on p.stream_id = s.stream_id
        where s.stream_id = any (ids) and last.type = any (f.ended_by)
          and coalesce(a.there, 0) = coalesce(p.there, 0));
    delete from es.outbox o where o.stream_id = any (ids);
    delete from es.event e where e.stream_id = any (ids);
    return query delete from es.stream s where s.stream_id = any (ids) returning s.stream_id;
  end $$;
`
