import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { table } from '../table.ts'

interface Connection {
  readonly id: string
  readonly service: string
  readonly account: { readonly email: string }
  readonly status: string
  readonly reason: string | null
  readonly action: { readonly description?: string; readonly url?: string } | null
  readonly expiresAt: string | null
}

/** A user's connections; exit code 2 when one of them needs somebody to do something. */
export async function connections(
  options: ApiOptions & { readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const api = await gatewayApi(options, surroundings)
  const items: Connection[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { items: Connection[]; nextCursor: string | null } = await api.ask(
      'GET',
      `/v1/connections?limit=200${query}`,
    )
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  const troubled = items.filter(({ status }) => status !== 'active' && status !== 'disconnected')
  surroundings.write(options.json ? JSON.stringify({ items }, null, 2) : asText(items))
  if (!options.json)
    for (const { id, action } of troubled)
      if (action !== null)
        surroundings.write(`${id}: ${action.description ?? ''} ${action.url ?? ''}`.trimEnd())
  return troubled.length > 0 ? exitCodes.found : exitCodes.held
}

function asText(items: readonly Connection[]): string {
  if (items.length === 0) return 'no connections'
  return table(
    ['connection', 'service', 'account', 'status', 'reason', 'access token until'],
    items.map(({ id, service, account, status, reason, expiresAt }) => [
      id,
      service,
      account.email,
      status,
      reason ?? '',
      expiresAt ?? '',
    ]),
  )
}
