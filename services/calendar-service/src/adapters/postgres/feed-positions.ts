import { sqlOf, type UnitOfWork } from '@evergrant/event-store'

/** More than a feed has ever given between a backup and the outage after it. */
const skipped = '2147483648'

/** Where a feed begins that has no position yet, as an SQL expression: a user whom the backup did not know may have one. */
export const firstPosition = `(select count(*) * ${skipped} from es.rewind)`

/** After the database was put back to an earlier state: applications hold cursors from the time that was lost, and must not
 * find other changes under them. */
export async function liftFeeds(unit: UnitOfWork): Promise<void> {
  const sql = sqlOf(unit)
  await sql(`update change_position set last_seq = last_seq + ${skipped}`)
  await sql(`update google_item_position set last_seq = last_seq + ${skipped}`)
}
