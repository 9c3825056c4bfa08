import type { Sql } from '@evergrant/event-store'

/*
 * A data key is wrapped in one transaction, the ring changes in another, and neither sees what the other has not
 * committed. Without the lock a key could be retired under a data key that is just being stored, and the rotation would
 * call itself finished before it.
 */

const name = 'evergrant vault key ring'

/** Until this transaction ends the current key stays current and no key is retired; any number hold it side by side. */
export async function whileRingStays(sql: Sql): Promise<void> {
  await sql('select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [name])
}

/** Waits for every data key that is being stored. One at a time over all replicas: two that write the ring file at once
 * would lose a key that is in use. */
export async function whileRingChanges(sql: Sql): Promise<void> {
  await sql('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
}
