import { googleError } from '../http/google-error.ts'
import { decodeCursor, encodeCursor } from '../paging/cursor.ts'
import type { Account } from '../state.ts'
import type { DriveRecord } from './drive-record.ts'
import { changesResource } from './drives.ts'

/** Whose changes: an account's, or those of one shared drive. */
interface ChangeLog {
  readonly account: Account
  readonly driveId: string | null
  /** The drive whose tokens can be expired. */
  readonly drive: DriveRecord
}

const scopeOf = ({ account, driveId }: ChangeLog) => changesResource(account.sub, driveId)

/** Where a client goes on: the same kind of token to start from, for the next page and for the next time. */
export const changeToken = (log: ChangeLog, revision: number): string =>
  encodeCursor({ kind: 'sync', scope: scopeOf(log), queryHash: '', epoch: log.drive.tokens.epoch, revision })

/** The revision after which changes are wanted.
 * @throws GoogleError 400 for another log's token; 400 or 410 once it was expired */
export function readChangeToken(log: ChangeLog, text: string | null): number {
  if (text === null)
    throw googleError(400, 'required', 'Required parameter: pageToken', { location: 'pageToken' })
  const cursor = decodeCursor(text)
  const { epoch, answer } = log.drive.tokens
  const known = cursor?.kind === 'sync' && cursor.scope === scopeOf(log)
  if (!known || (cursor.epoch !== epoch && answer === 'invalid_sync_token')) {
    throw googleError(400, 'invalid', 'Invalid Value', { location: 'pageToken' })
  }
  if (cursor.epoch !== epoch) {
    throw googleError(410, 'pageTokenExpired', 'The page token is no longer valid.', {
      location: 'pageToken',
    })
  }
  return cursor.revision
}
