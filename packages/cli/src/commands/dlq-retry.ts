import { deadLettersOf, fullId, type NotAsked, pathOf, printable } from '../dead-letters.ts'
import { type ApiOptions, type GatewayApi, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { CommandEnd, couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { servicesNamed } from '../service-names.ts'

interface Tried {
  /** `refused`: it was not tried; `not_asked`: nobody answered. */
  readonly outcome: 'applied' | 'published' | 'parked' | 'under_way' | 'refused' | 'not_asked'
  readonly id: string
  readonly reason: string | null
}

const words = {
  applied: '✓ applied',
  published: '✓ published',
  parked: '✗ failed again',
  under_way: '? under way; look again with evergrant dlq list',
  refused: '✗ not tried',
  not_asked: '? not asked',
} as const

/** Tries dead letters again, one after the other; each brings what waits behind it.
 * @returns failed when one stays, could not check when nobody knows what became of one. */
export async function dlqRetry(
  id: string | undefined,
  options: ApiOptions & { readonly service?: string; readonly all?: boolean; readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  if ((id === undefined) === (options.all !== true)) throw couldNotCheck('name one dead letter, or --all')
  if (id !== undefined && options.service !== undefined) throw couldNotCheck('--service goes with --all')
  const one = id === undefined ? undefined : { id, path: pathOf(id) }
  const services = servicesNamed(options.service)
  const api = await gatewayApi(operator(options), surroundings)
  const { ids, notAsked } = one === undefined ? await idsOf(api, services) : { ids: [one.id], notAsked: [] }
  const { write, warn } = surroundings
  const items: Tried[] = []
  for (const each of ids) {
    const tried = await retry(api, each)
    items.push(tried)
    if (!options.json)
      write(`${each}: ${words[tried.outcome]}${tried.reason === null ? '' : `. ${printable(tried.reason)}`}`)
  }
  if (options.json) write(JSON.stringify({ items, notAsked }, null, 2))
  else {
    if (ids.length === 0 && notAsked.length === 0) write('no dead letters')
    for (const { service, why } of notAsked) warn(`? ${service}: not asked. ${why}`)
  }
  if (notAsked.length > 0 || items.some(isUnknown)) return exitCodes.couldNotCheck
  return items.every(isDone) ? exitCodes.held : exitCodes.failed
}

async function idsOf(
  api: GatewayApi,
  services: readonly string[],
): Promise<{ readonly ids: readonly string[]; readonly notAsked: readonly NotAsked[] }> {
  const { items, notAsked } = await deadLettersOf(api, services)
  return { ids: items.map(fullId), notAsked }
}

async function retry(api: GatewayApi, id: string): Promise<Tried> {
  try {
    const { outcome, reason } = await api.ask<Tried>('POST', `${pathOf(id)}/retry`)
    return { id, outcome, reason }
  } catch (error) {
    if (!(error instanceof CommandEnd)) throw error
    const outcome = error.exitCode === exitCodes.couldNotCheck ? 'not_asked' : 'refused'
    return { id, outcome, reason: error.message }
  }
}

const isDone = ({ outcome }: Tried) => outcome === 'applied' || outcome === 'published'
const isUnknown = ({ outcome }: Tried) => outcome === 'under_way' || outcome === 'not_asked'
