import { deadLettersOf } from '../dead-letters.ts'
import { gatewayApi } from '../gateway-api.ts'
import { CommandEnd, type Surroundings } from '../outcome.ts'
import { servicesNamed } from '../service-names.ts'
import type { Finding } from './finding.ts'

/** Whether events wait for somebody's decision, and what takes one. */
export async function findDeadLetters(
  options: { readonly dataDir?: string },
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const what = 'dead letters'
  try {
    const services = servicesNamed(undefined)
    const api = await gatewayApi({ ...options, sub: 'evergrant-doctor', scope: 'admin' }, surroundings)
    const { items, notAsked } = await deadLettersOf(api, services)
    const found = services.flatMap((service): Finding[] => {
      const of = items.filter((letter) => letter.service === service)
      const since = of.map(({ firstSeenAt }) => firstSeenAt).sort()[0]
      if (since === undefined) return []
      const many = of.length === 1 ? 'one event waits' : `${of.length} events wait`
      const says = `${many} for a decision since ${since}. Look: evergrant dlq list --service ${service}`
      return [{ what: `${what} of ${service}`, ok: true, status: 'warning', says }]
    })
    const unknown = notAsked.map(
      ({ service, why }): Finding => ({
        what: `${what} of ${service}`,
        ok: false,
        status: 'not_checked',
        says: why,
      }),
    )
    const all = [...found, ...unknown]
    return all.length > 0 ? all : [{ what, ok: true, status: 'ok', says: 'none' }]
  } catch (error) {
    if (!(error instanceof CommandEnd)) throw error
    return [{ what, ok: false, status: 'not_checked', says: error.message }]
  }
}
