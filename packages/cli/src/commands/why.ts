import { causeChain, lineOf } from '../connection-story.ts'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { auditLine, auditOf, entriesOf } from './history.ts'

interface Connection {
  readonly id: string
  readonly service: string
  readonly account: { readonly email: string }
  readonly status: string
  readonly reason: string | null
  readonly missingScopes: readonly string[]
  readonly action: { readonly description?: string; readonly url?: string } | null
  readonly expiresAt: string | null
}

/** Long enough to reach back to when it last worked, through an outage of days. */
const looksBack = 2_000

/** Why a connection is as it is: what happened since it last worked, by whom, and what helps.
 * Exit code 2 when somebody has to do something, 1 when the record of vends was tampered with. */
export async function why(
  id: string,
  options: ApiOptions & { readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { write } = surroundings
  const api = await gatewayApi(options.sub === undefined ? operator(options) : options, surroundings)
  const connection = await api.ask<Connection>('GET', `/v1/connections/${encodeURIComponent(id)}`)
  const facts = await entriesOf(api, id, { show: 'facts', most: looksBack })
  const vends = await entriesOf(api, id, { show: 'vends', most: 3 })
  const audit = await auditOf(api, id)
  const because = causeChain(facts)
  if (options.json) write(JSON.stringify({ connection, because, vends, audit }, null, 2))
  else {
    write(sentence(connection))
    write('because, oldest first:')
    for (const entry of because) write(`  ${lineOf(entry)}`)
    if (vends.length > 0) write('borrowed last:')
    for (const entry of vends) write(`  ${lineOf(entry)}`)
    write(auditLine(audit))
    if (connection.action !== null)
      write(`what helps: ${connection.action.description ?? ''} ${connection.action.url ?? ''}`.trimEnd())
  }
  if (audit.status === 'broken') return exitCodes.failed
  const fine = connection.status === 'active' || connection.status === 'disconnected'
  return fine ? exitCodes.held : exitCodes.found
}

function sentence({ service, account, status, reason, missingScopes, expiresAt }: Connection): string {
  const state = status.replaceAll('_', ' ')
  const why = reason === null ? '' : ` (${reason.replaceAll('_', ' ')})`
  const lacks = missingScopes.length === 0 ? '' : `; it lacks ${missingScopes.join(', ')}`
  const until = expiresAt === null ? '' : `; its access token is good until ${expiresAt}`
  return `The ${service} connection of ${account.email} is ${state}${why}${lacks}${until}.`
}
