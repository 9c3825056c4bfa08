import { type Entry, lineOf } from '../connection-story.ts'
import { type ApiOptions, type GatewayApi, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'

/** What GET /v1/connections/{id}/audit answers. */
export interface Audit {
  readonly status: 'unbroken' | 'broken' | 'empty'
  readonly entries: number
  readonly unchained: number
  readonly head: { readonly sequence: number; readonly hash: string } | null
  readonly breaks: readonly { readonly sequence: number; readonly problem: string }[]
}

interface HistoryOptions extends ApiOptions {
  readonly limit: string
  readonly show?: string
  readonly verify?: boolean
  readonly json?: boolean
}

/** Everything that happened to a connection, newest first; with --verify also whether the record of vends is whole. */
export async function history(
  connection: string,
  options: HistoryOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const api = await gatewayApi(options.sub === undefined ? operator(options) : options, surroundings)
  const items = await entriesOf(api, connection, { show: options.show ?? 'all', most: Number(options.limit) })
  const audit = options.verify ? await auditOf(api, connection) : undefined
  if (options.json)
    surroundings.write(JSON.stringify({ items, ...(audit === undefined ? {} : { audit }) }, null, 2))
  else {
    for (const entry of items) surroundings.write(lineOf(entry))
    if (audit !== undefined) surroundings.write(auditLine(audit))
  }
  return audit?.status === 'broken' ? exitCodes.failed : exitCodes.held
}

/** The newest entries, over as many pages as it takes. */
export async function entriesOf(
  api: GatewayApi,
  connection: string,
  { show, most }: { readonly show: string; readonly most: number },
): Promise<Entry[]> {
  const items: Entry[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(200, most - items.length)
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { items: Entry[]; nextCursor: string | null } = await api.ask(
      'GET',
      `/v1/connections/${encodeURIComponent(connection)}/history?limit=${limit}&show=${encodeURIComponent(show)}${after}`,
    )
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < most)
  return items
}

export function auditOf(api: GatewayApi, connection: string): Promise<Audit> {
  return api.ask('GET', `/v1/connections/${encodeURIComponent(connection)}/audit`)
}

export function auditLine({ status, entries, breaks, head }: Audit): string {
  if (status === 'empty') return 'The record of vends is empty.'
  if (status === 'unbroken')
    return `The record of ${entries} vends is whole; it ends with ${head?.hash ?? ''}.`
  const where = breaks.map(({ sequence, problem }) => `entry ${sequence} ${problem}`).join('; ')
  return `The record of vends was tampered with: ${where}.`
}
