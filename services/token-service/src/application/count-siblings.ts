import type { Siblings } from '../domain/refresh-token-limit.ts'
import type { HandleGrant } from './grant-commands.ts'

/** Adds to a refresh token's death how many others the same account has: only over many grants can be seen that newer
 * ones displaced it. Nothing is counted for any other command. */
export function countingSiblings(
  handle: HandleGrant,
  siblingsOf: (grantId: string) => Promise<Siblings>,
): HandleGrant {
  return async (handling, unit) => {
    const { command, grantId } = handling
    if (command.type !== 'RecordRefreshFailed' || command.failureClass !== 'revoked') {
      return await handle(handling, unit)
    }
    return await handle({ ...handling, command: { ...command, siblings: await siblingsOf(grantId) } }, unit)
  }
}
