import { runtimeErrors } from '../errors.ts'

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

/** Whether a host name or address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return loopbackHost.test(host)
}

/** The development issuer signs for anyone who asks on this machine, so a deployment others can reach must not trust it;
 * and any other issuer must be https, or whoever sits on the wire chooses the keys.
 * @throws DomainError `invalid_config`. */
export function assertDevelopmentIssuerIsLoopback(config: {
  readonly HOST: string
  readonly PUBLIC_URL: string
  readonly AUTH_ISSUER: string
  readonly AUTH_JWKS_URI: string
}): void {
  for (const key of ['AUTH_ISSUER', 'AUTH_JWKS_URI'] as const) {
    const url = new URL(config[key])
    if (url.protocol === 'https:') continue
    if (!isLoopback(url.hostname)) {
      throw runtimeErrors.invalid_config({ message: `${key} must be https unless it is on loopback.` })
    }
    if (!isLoopback(config.HOST) || !isLoopback(new URL(config.PUBLIC_URL).hostname)) {
      throw runtimeErrors.invalid_config({
        message: `${key} is the development issuer; it is only allowed while HOST and PUBLIC_URL are loopback.`,
      })
    }
  }
}
