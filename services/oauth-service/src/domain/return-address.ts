import { oauthErrors } from './errors.ts'

const lengthLimit = 2048

/** Where the browser may be sent afterwards: only to registered origins, or this would be an open redirector (RFC 9700 4.11).
 * @throws DomainError `return_to_not_registered`. */
export function checkReturnTo(returnTo: string, registeredOrigins: readonly string[]): string {
  const url = returnTo.length <= lengthLimit && URL.canParse(returnTo) ? new URL(returnTo) : undefined
  const registered = url && /^https?:$/.test(url.protocol) && registeredOrigins.includes(url.origin)
  // Credentials in front of the host make a foreign address look like a registered one.
  if (!registered || url.username || url.password) {
    const message = 'must be an absolute URL at a registered origin'
    throw oauthErrors.return_to_not_registered({ fields: [{ path: 'returnTo', message }] })
  }
  return url.href
}

/** The address to return to, with what became of the authorization. */
export function returnAddress(
  returnTo: string,
  { id, status, reason }: { readonly id: string; readonly status: string; readonly reason?: string },
): string {
  const url = new URL(returnTo)
  url.searchParams.set('authorization', id)
  url.searchParams.set('status', status)
  // An address that was already used once must not carry an old reason on.
  url.searchParams.delete('reason')
  if (reason !== undefined) url.searchParams.set('reason', reason)
  return url.href
}
