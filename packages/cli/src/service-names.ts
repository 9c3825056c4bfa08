import { couldNotCheck } from './outcome.ts'

const services = ['oauth-service', 'token-service', 'calendar-service']

/** The services a command is about: all of them, or the one it names.
 * @throws CommandEnd (could not check) for an unknown one. */
export function servicesNamed(service: string | undefined): readonly string[] {
  if (service === undefined) return services
  if (!services.includes(service))
    throw couldNotCheck(`no service ${service}; there are ${services.join(', ')}`)
  return [service]
}
