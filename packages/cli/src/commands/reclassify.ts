import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { table } from '../table.ts'

interface Reclassification {
  readonly failures: number
  readonly changed: readonly { readonly from: string; readonly to: string; readonly failures: number }[]
  readonly grants: readonly string[]
}

/** Applies today's rules to the failures token-service recorded; exit code 2 when a dry run finds grants they would bring
 * back. */
export async function reclassify(
  options: ApiOptions & { readonly dryRun?: boolean; readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const api = await gatewayApi(operator(options), surroundings)
  const dryRun = options.dryRun === true
  const found = await api.ask<Reclassification>('POST', '/v1/connections/reclassifications', { dryRun })
  surroundings.write(options.json ? JSON.stringify(found, null, 2) : asText(found, dryRun))
  return dryRun && found.grants.length > 0 ? exitCodes.found : exitCodes.held
}

function asText({ failures, changed, grants }: Reclassification, dryRun: boolean): string {
  const rows = changed.map((change) => [change.from, change.to, String(change.failures)])
  const verdict = dryRun ? 'would be brought back' : 'brought back'
  return [
    `${failures} failed refreshes read; ${grants.length} grants ${verdict}`,
    ...(rows.length === 0 ? [] : [table(['recorded as', 'today', 'failures'], rows)]),
    ...grants,
  ].join('\n')
}
