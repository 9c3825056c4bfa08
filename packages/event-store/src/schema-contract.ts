/** What the event store's own statements need of its tables; every service puts it into its schema contract. */
export const eventStoreNeeds = {
  /** To accept a command: facts, and what they publish. */
  append: {
    uses: [
      { table: 'es.stream', reads: '*', inserts: '*', updates: '*', conflictOn: ['stream_id'] },
      { table: 'es.event', reads: '*', inserts: '*' },
      { table: 'es.outbox', inserts: '*' },
      { table: 'es.command_seen', reads: '*', inserts: '*', updates: '*', deletes: true },
    ],
    calls: ['es.append', 'es.begin_append', 'es.last_position', 'es.position_seq'],
  },
  /** To publish, and to apply what others published. */
  exchange: {
    uses: [
      { table: 'es.outbox', reads: '*', updates: '*', deletes: true },
      {
        table: 'es.relay',
        reads: '*',
        inserts: '*',
        updates: '*',
        deletes: true,
        conflictOn: ['instance_id'],
      },
      { table: 'es.relay_shard', reads: '*', updates: '*' },
      { table: 'es.rewind', reads: '*', inserts: '*' },
      {
        table: 'es.rewound_stream',
        reads: '*',
        inserts: '*',
        updates: ['last_heard'],
        deletes: true,
        conflictOn: ['stream_id'],
      },
      {
        table: 'inbox.cursor',
        reads: '*',
        inserts: '*',
        updates: ['version', 'updated_at'],
        conflictOn: ['consumer', 'source', 'stream_id'],
      },
      { table: 'inbox.held', reads: '*', inserts: '*', updates: '*', deletes: true },
    ],
    calls: [
      'es.lease_shards',
      'es.republish',
      'es.raise_low_ids',
      'es.safe_position',
      'es.lowest_locked',
      'es.read_all',
    ],
  },
  /** To forget streams that have ended. */
  forgetting: { calls: ['es.old_streams', 'es.forget_streams'] },
} as const
