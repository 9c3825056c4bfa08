import { defineErrors } from '@evergrant/decider'

export const storeErrors = defineErrors({
  stream_moved_on: {
    kind: 'conflict',
    message: 'Somebody else changed this first; look again and decide again.',
  },
  database_unavailable: { kind: 'unavailable', message: 'The database cannot be reached right now.' },
  database_not_durable: {
    kind: 'internal',
    message: 'The database acknowledges commits it may lose (synchronous_commit is off).',
  },
  database_misconfigured: { kind: 'internal', message: 'The database is not set up for this service.' },
  transaction_aborted: { kind: 'internal', message: 'A failed statement was ignored inside a transaction.' },
  no_database_transaction: { kind: 'internal', message: 'This unit of work is not a database transaction.' },
  unknown_fact: { kind: 'internal', message: 'The fact is not in the catalogue of this service.' },
  missing_upcaster: { kind: 'internal', message: 'A stored fact has no way to its current schema version.' },
  parked_event_not_found: { kind: 'missing', message: 'No such parked event.' },
  parked_event_without_identity: {
    kind: 'conflict',
    message: 'The message has no source, stream and version, so it cannot be applied; drop it.',
  },
  parked_message_not_found: { kind: 'missing', message: 'No such parked message.' },
})
