import { appendFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiOptions, type GatewayApi, gatewayApi } from '../gateway-api.ts'
import { type LegacyTableRow, openLegacyTable } from '../legacy-table.ts'
import { operator } from '../operator.ts'
import { CommandEnd, couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { table } from '../table.ts'

interface ImportOptions extends ApiOptions {
  readonly from: string
  readonly table: string
  readonly dryRun?: boolean
  readonly report?: string
  readonly json?: boolean
}

interface Adoption {
  readonly rowIds: readonly string[]
  readonly userId: string
  readonly services: readonly string[]
  readonly outcome: string
  readonly reason: string | null
  readonly connections: readonly {
    readonly id: string
    readonly service: string
    readonly status: string
    readonly reason: string | null
    readonly mustReconnect: boolean
  }[]
}

type Seal = (row: LegacyTableRow) => Promise<string>

const attempts = 5
const mostShown = 50

/** Adopts a table of plain tokens, a batch at a time. A repeated run goes on: what was adopted is recognised and left.
 * Exit code 2 when somebody must reconnect or a row could not be adopted. */
export async function importLegacy(options: ImportOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { warn, interrupted } = surroundings
  const api = await gatewayApi(operator(options), surroundings)
  const seal = await sealer(api)
  const legacy = await openLegacyTable(options.from, options.table)
  if (options.report !== undefined) writeFileSync(options.report, '', { mode: 0o600 })
  const outcomes = new Map<string, number>()
  const troubled: Adoption[] = []
  let done = 0
  try {
    for await (const rows of legacy.batches()) {
      if (interrupted.aborted) throw couldNotCheck(`interrupted after ${done} rows; run it again to go on`)
      for (const adoption of await adopt(api, rows, seal, options)) {
        outcomes.set(adoption.outcome, (outcomes.get(adoption.outcome) ?? 0) + adoption.rowIds.length)
        if (!isTroubled(adoption)) continue
        troubled.push(adoption)
        if (options.report !== undefined) appendFileSync(options.report, `${JSON.stringify(adoption)}\n`)
      }
      done += rows.length
      if (!options.json) warn(`${done} of ${legacy.rows} rows`)
    }
  } finally {
    await legacy.close()
  }
  report({ rows: done, outcomes, troubled }, options, surroundings)
  return troubled.length > 0 ? exitCodes.found : exitCodes.held
}

/** Tokens leave this process only as JWE to token-service's key; the gateway and its logs see none. */
async function sealer(api: GatewayApi): Promise<Seal> {
  const { CompactEncrypt, importJWK } = await import('jose')
  const jwk = await api.ask<{ kty: string; crv: string; x: string; y: string }>(
    'GET',
    '/v1/legacy-imports/key',
  )
  const key = await importJWK(jwk, 'ECDH-ES+A256KW')
  return ({ rowId, userId, accessToken, refreshToken }) =>
    new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ accessToken, refreshToken })))
      .setProtectedHeader({
        alg: 'ECDH-ES+A256KW',
        enc: 'A256GCM',
        evg: { authorizationId: `legacy-row:${rowId}`, grantId: userId },
      })
      .encrypt(key)
}

async function adopt(
  api: GatewayApi,
  rows: readonly LegacyTableRow[],
  seal: Seal,
  { dryRun = false }: ImportOptions,
): Promise<readonly Adoption[]> {
  if (rows.some(({ accessToken }) => accessToken?.startsWith('vault:')))
    throw couldNotCheck("this is Evergrant's own table: its columns name vault entries, not tokens")
  const sealed = await Promise.all(
    rows.map(async (row) => {
      const { accessToken: _access, refreshToken: _refresh, ...rest } = row
      return { ...rest, sealedTokens: await seal(row) }
    }),
  )
  for (let attempt = 1; ; attempt++) {
    try {
      const { items } = await api.ask<{ items: Adoption[] }>('POST', '/v1/legacy-imports', {
        dryRun,
        rows: sealed,
      })
      return items
    } catch (error) {
      // A restart or an outage passes; what was adopted meanwhile is recognised.
      const passing = error instanceof CommandEnd && error.exitCode === exitCodes.couldNotCheck
      if (!passing || attempt === attempts) throw error
      await delay(2 ** attempt * 250)
    }
  }
}

function isTroubled({ outcome, connections }: Adoption): boolean {
  return outcome === 'refused' || connections.some(({ mustReconnect }) => mustReconnect)
}

function report(
  { rows, outcomes, troubled }: { rows: number; outcomes: ReadonlyMap<string, number>; troubled: Adoption[] },
  { dryRun = false, json, report: file }: ImportOptions,
  { write }: Surroundings,
): void {
  if (json) {
    write(JSON.stringify({ dryRun, rows, outcomes: Object.fromEntries(outcomes), troubled }, null, 2))
    return
  }
  const counted = [...outcomes].map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`)
  write(`${rows} rows: ${counted.join(', ') || 'nothing to do'}`)
  if (troubled.length === 0) return
  write('who must reconnect, or could not be adopted:')
  write(table(['user', 'service', 'why', 'rows'], troubled.slice(0, mostShown).flatMap(linesOf)))
  const hidden = troubled.length - mostShown
  if (hidden > 0)
    write(`… and ${hidden} more${file === undefined ? '; --report <file> keeps them all' : ` in ${file}`}`)
}

function linesOf({ userId, services, reason, connections, rowIds }: Adoption): string[][] {
  const rows = rowIds.join(', ')
  if (reason !== null) return [[userId, services.join(', '), reason.replaceAll('_', ' '), rows]]
  return connections
    .filter(({ mustReconnect }) => mustReconnect)
    .map(({ service, status, reason: why }) => [userId, service, (why ?? status).replaceAll('_', ' '), rows])
}
