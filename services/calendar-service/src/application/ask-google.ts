import { nextRequest } from '../domain/sync-cursor.ts'
import type { ClaimedRun } from './ports.ts'
import type { FetchedPage } from './sources.ts'
import type { Position, WalkParts } from './walk-parts.ts'

export type AskGoogle = (from: Pick<Position, 'cursor' | 'pass'>) => Promise<FetchedPage>

/** Asks for pages of a run with one access token; `fresh` when Google has just refused the one before.
 * @throws SyncObstacle when there is none to borrow; asking, for every answer that is not a page. */
export async function askGoogle(
  { tokens, allowances, sources }: Pick<WalkParts, 'tokens' | 'allowances' | 'sources'>,
  run: ClaimedRun,
  { fresh }: { readonly fresh: boolean },
): Promise<AskGoogle> {
  const source = sources[run.kind]
  const accessToken = await tokens.get(run.connectionId, { fresh, service: source.service })
  const allowance = allowances(source.service, run.connectionId)
  return ({ cursor, pass }) => source.fetch(run, { accessToken, allowance, ...nextRequest(cursor, pass) })
}
