import { defineErrors } from '@evergrant/decider'

export const verificationErrors = defineErrors({
  schema_drift: {
    kind: 'unavailable',
    message: 'The database schema is not what this version needs; it is being looked at.',
  },
  manifest_unreadable: {
    kind: 'internal',
    message: 'The schema manifest is missing, damaged or edited by hand.',
  },
  manifest_of_other_service: { kind: 'conflict', message: 'The schema manifest belongs to another service.' },
  database_of_other_service: { kind: 'conflict', message: 'The database belongs to another service.' },
  database_unreachable: {
    kind: 'unavailable',
    message: 'The database cannot be reached, so nothing was checked.',
  },
  rights_missing: {
    kind: 'forbidden',
    message: 'The database refused this login or does not let it look at the catalog.',
  },
  read_only_replica: {
    kind: 'conflict',
    message: 'This is a read-only replica, which may lag behind; check the primary.',
  },
  postgres_version_unknown: {
    kind: 'conflict',
    message: 'This PostgreSQL version was never checked against; versions 15 to 18 are known.',
  },
  migration_half_applied: {
    kind: 'conflict',
    message: 'A migration is applied in part: some of what it makes is there, and some is not.',
  },
  migration_in_flight: {
    kind: 'unavailable',
    message: 'A migration is running; look again when it is done.',
  },
  migrator_busy: { kind: 'unavailable', message: 'Another migrator holds the lock and does not let go.' },
  migration_edited: {
    kind: 'conflict',
    message: 'A migration was edited after it was applied; put it back and write a new one.',
  },
  migration_lost: { kind: 'conflict', message: 'A migration that is on record is gone from the code.' },
  migration_forward_only: { kind: 'conflict', message: 'This migration cannot be taken back.' },
  migration_loses_data: {
    kind: 'conflict',
    message: 'Taking this back destroys data that no migration brings back.',
  },
  migration_unknown: { kind: 'conflict', message: 'This code has no such migration.' },
})
