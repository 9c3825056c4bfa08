import { deadLettersOf, eventOf, fullId, printable } from '../dead-letters.ts'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { servicesNamed } from '../service-names.ts'
import { table } from '../table.ts'

/** What the services have given up on. Exit code 2 when there is something; 3 when a service could not be asked, which
 * weighs more. */
export async function dlqList(
  options: ApiOptions & { readonly service?: string; readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const services = servicesNamed(options.service)
  const api = await gatewayApi(operator(options), surroundings)
  const { items, notAsked } = await deadLettersOf(api, services)
  const { write, warn } = surroundings
  if (options.json) write(JSON.stringify({ items, notAsked }, null, 2))
  else {
    if (items.length > 0) {
      write(
        table(
          ['dead letter', 'event', 'since', 'waiting behind', 'why'],
          items.map((letter) => [
            fullId(letter),
            eventOf(letter),
            letter.firstSeenAt,
            String(letter.waitingBehind),
            printable(letter.reason),
          ]),
        ),
      )
      write(
        'mend the cause and: evergrant dlq retry <id>; or for good: evergrant dlq drop <id> --reason TEXT',
      )
    } else if (notAsked.length === 0) write('no dead letters')
    for (const { service, why } of notAsked) warn(`? ${service}: not asked. ${why}`)
  }
  if (notAsked.length > 0) return exitCodes.couldNotCheck
  return items.length > 0 ? exitCodes.found : exitCodes.held
}
