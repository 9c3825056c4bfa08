import { pathOf } from '../dead-letters.ts'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'

/** Gives up one dead letter for good; its stream goes on, and who did it and why is on record. */
export async function dlqDrop(
  id: string,
  options: ApiOptions & { readonly reason: string; readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const path = pathOf(id)
  const api = await gatewayApi(operator(options), surroundings)
  const { outcome } = await api.ask<{ outcome: string }>('POST', `${path}/drop`, { reason: options.reason })
  surroundings.write(
    options.json ? JSON.stringify({ id, outcome }, null, 2) : `${id}: dropped; its stream goes on without it`,
  )
  return exitCodes.held
}
