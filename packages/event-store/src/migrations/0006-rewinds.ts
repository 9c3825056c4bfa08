import { Migration } from '@mikro-orm/migrations'

/** What is known of the times this database was put back to an earlier state, and what that cost. */
export class Rewinds extends Migration {
  readonly loses: readonly string[] = [
    'es.rewind and es.rewound_stream and their rows: when this database was found put back, and which numbers are taken',
  ]

  override up(): void {
    this.addSql(`
      create table es.rewind (
        id bigint generated always as identity primary key,
        found_at timestamptz not null,
        streams integer not null,
        publications bigint not null,
        position_before bigint not null,
        position_after bigint not null
      );
      grant select, insert on es.rewind to evergrant_service;

      -- Streams whose numbers from first_lost to last_heard are on the bus and belong to a past this database does not
      -- know. Lifted over them as soon as the stream exists; until then nothing of it goes out.
      create table es.rewound_stream (
        stream_id text primary key,
        first_lost bigint not null,
        last_heard bigint not null
      );
      grant select, insert, update, delete on es.rewound_stream to evergrant_service;
      grant update on sequence es.position_seq to evergrant_service;
    `)
  }

  override down(): void {
    this.addSql(`
      revoke update on sequence es.position_seq from evergrant_service;
      drop table es.rewound_stream, es.rewind;
    `)
  }
}
