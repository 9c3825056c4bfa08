import { gatewayApi } from '../gateway-api.ts'
import { CommandEnd, type Surroundings } from '../outcome.ts'
import type { Finding } from './finding.ts'

/** The part of `GET /v1/grants/cohorts` that a person acts on. */
interface Diagnosis {
  readonly items: readonly {
    readonly cause: string
    readonly action: { readonly description: string }
    readonly count: number
    readonly accounts: number
    readonly domain: string | null
    readonly since: string
    readonly until: string
    readonly open: boolean
    readonly connectionIds: readonly string[]
  }[]
  readonly crowdedAccounts: readonly {
    readonly accountId: string
    readonly refreshTokens: number
    readonly limit: number
    readonly nextToGo: readonly string[]
    readonly action: { readonly description: string }
  }[]
  readonly lookedAt: { readonly since: string; readonly all: boolean }
}

/** What many grants died of together, and which Google accounts come near their hundred refresh tokens. */
export async function findCohorts(
  options: { readonly dataDir?: string },
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const what = 'grants that ended together'
  try {
    const api = await gatewayApi({ ...options, sub: 'evergrant-doctor', scope: 'admin' }, surroundings)
    const diagnosis = await api.ask<Diagnosis>('GET', '/v1/grants/cohorts')
    const found = [...diagnosis.items.map(cohort), ...diagnosis.crowdedAccounts.map(crowded)]
    const { since, all } = diagnosis.lookedAt
    const none = `none since ${since}${all ? '' : '; there were too many ends to read them all'}`
    return found.length > 0 ? found : [{ what, ok: true, status: 'ok', says: none }]
  } catch (error) {
    if (!(error instanceof CommandEnd)) throw error
    return [{ what, ok: false, status: 'not_checked', says: error.message }]
  }
}

function cohort(found: Diagnosis['items'][number]): Finding {
  const { cause, action, count, accounts, domain, since, until, open, connectionIds } = found
  const whose = `${accounts === 1 ? 'one account' : `${accounts} accounts`}${domain === null ? '' : ` of ${domain}`}`
  const when = open ? `since ${since}` : `from ${since} to ${until}, and over`
  const example = connectionIds[0] === undefined ? '' : ` Look at one: evergrant why ${connectionIds[0]}`
  return {
    what: `${count === 1 ? 'one grant' : `${count} grants`} in trouble together`,
    ok: true,
    status: 'warning',
    says: `${cause} ${whose}, ${when}. ${action.description}${example}`,
  }
}

function crowded({
  accountId,
  refreshTokens,
  limit,
  nextToGo,
  action,
}: Diagnosis['crowdedAccounts'][number]): Finding {
  const next = nextToGo[0] === undefined ? '' : ` The next to go: evergrant why ${nextToGo[0]}`
  return {
    what: `refresh tokens of Google account ${accountId}`,
    ok: true,
    status: 'warning',
    says: `${refreshTokens} may be alive, and Google keeps ${limit}: the oldest ends silently. ${action.description}${next}`,
  }
}
