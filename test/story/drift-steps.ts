import { Client } from 'pg'
import { eventually } from './eventually.ts'
import { hold, type Plot, type Step, seen } from './plot.ts'
import type { RunningStack } from './running-stack.ts'

interface Report {
  readonly service: string
  readonly status: string
  readonly incidentId: string | null
  readonly findings: readonly {
    readonly path: string
    readonly class: string
    readonly explanation: string
  }[]
}

// What is synced stays readable without any token.
const cachedReads = ['/v1/calendar/events', '/v1/calendar/calendars', '/v1/connections']

export const dropped: Step = {
  title: 'Somebody drops the column user_oauth_tokens.scope by hand, and it is seen and explained',
  play: async (plot) => {
    await eventually(() => isStanding(plot, 'verified'), { what: 'a verified schema to begin with' })
    const before = plot.events.length
    await inTokenDatabase(plot.stack, 'alter table user_oauth_tokens drop column scope')
    const event = await seen(
      plot,
      'evergrant.token.schema-drift-detected.v1',
      (data) => data.service === 'token-service',
      before,
    )
    const report = await eventually(() => isStanding(plot, 'drift'), { what: '/v1/schema to tell of drift' })
    const finding = report.findings.find(({ path }) => path === 'user_oauth_tokens.scope')
    if (!finding) throw new Error(`the finding is not told: ${JSON.stringify(report)}`)
    hold(event.data.incidentId === report.incidentId, 'the event and the report tell of different incidents')
    return finding.explanation
  },
}

export const refused: Step = {
  title: 'Tokens are refused with 503 and a reason, not 500; what needs no token still answers',
  play: async (plot) => {
    const path = `/v1/connections/${plot.connectionId}/access-token`
    const { status, body } = await once(plot, 'POST', path, plot.borrowerToken)
    hold(status === 503, `expected 503, got ${status}: ${JSON.stringify(body)}`)
    hold(body.code === 'schema_drift', `expected schema_drift, got ${String(body.code)}`)
    hold(typeof body.retryAfter === 'number', 'the refusal does not say when to come back')
    hold(!JSON.stringify(body).includes('scope'), 'the refusal shows a column to whoever asked')
    for (const read of cachedReads) {
      const answer = await once(plot, 'GET', read, plot.userToken)
      hold(answer.status === 200, `${read} answered ${answer.status}`)
    }
    const health = await once(plot, 'GET', '/v1/google/health', plot.userToken)
    hold(JSON.stringify(health.body).includes('schema_drift'), 'the Google health does not say why')
    const gateway = await fetch(`${plot.stack.endpoints().gateway}/health`)
    hold(gateway.status === 503, `the gateway's health answered ${gateway.status}`)
    return `incident ${String(body.incidentId)}; ${cachedReads.join(', ')} answer 200`
  },
}

export const healed: Step = {
  title:
    'Healing brings the column back and reads from the log what it said; everything works without a restart',
  play: async (plot) => {
    const before = plot.events.length
    const pids = pidsOf(plot.stack)
    const report = await isStanding(plot, 'drift')
    const said = await plot.stack.evergrant('schema', 'heal', '--service', 'token-service', '--apply')
    await seen(
      plot,
      'evergrant.token.schema-drift-resolved.v1',
      (data) => data.incidentId === report?.incidentId,
      before,
    )
    // Nobody guesses what was granted, and nobody has to ask Google: the facts of the grant know.
    const { scopes } = (await plot.api.get(`/v1/connections/${plot.connectionId}`)).body as {
      scopes: readonly string[]
    }
    const [row] = await inTokenDatabase<{ scope: string | null }>(
      plot.stack,
      `select scope from user_oauth_tokens where id = '${plot.connectionId}'`,
    )
    const known = row?.scope?.split(' ') ?? []
    hold(
      scopes.length > 0 && scopes.every((scope) => known.includes(scope)),
      `the column says ${row?.scope}, and granted is ${scopes.join(' ')}`,
    )
    const { status } = await once(
      plot,
      'POST',
      `/v1/connections/${plot.connectionId}/access-token`,
      plot.borrowerToken,
    )
    hold(status === 200, `a token is refused with ${status}`)
    const refreshing = await plot.api.post(`/v1/connections/${plot.connectionId}/refresh`)
    hold(refreshing.status === 200, `the refresh answered ${refreshing.status}`)
    hold(pidsOf(plot.stack) === pids, 'a service had to be restarted')
    return said.replaceAll(/\s*\n\s*/g, ' ')
  },
}

async function isStanding(plot: Plot, status: string): Promise<Report | undefined> {
  const { body } = await once(plot, 'GET', '/v1/schema', plot.operatorToken)
  const { items = [] } = body as { items?: readonly Report[] }
  return items.find((report) => report.service === 'token-service' && report.status === status)
}

/** One request and its answer, whatever it is: here a 503 is what is looked for. */
async function once(
  { stack }: Plot,
  method: string,
  path: string,
  token: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${stack.endpoints().gateway}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(15_000),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** As whoever has too many rights and no patience would. */
async function inTokenDatabase<Row extends object>(
  stack: RunningStack,
  statement: string,
): Promise<readonly Row[]> {
  const { adminUrl, databases } = stack.endpoints().postgres
  const url = new URL(adminUrl)
  url.pathname = new URL(databases['token-service'] ?? '').pathname
  const client = new Client({ connectionString: url.href, application_name: 'by hand' })
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

function pidsOf(stack: RunningStack): string {
  return stack
    .endpoints()
    .services.map(({ name, replica, pid }) => `${name} ${replica} ${pid}`)
    .join(', ')
}
