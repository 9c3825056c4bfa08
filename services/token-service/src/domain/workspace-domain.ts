const consumerDomains = new Set(['gmail.com', 'googlemail.com'])

/** The Workspace domain that an account most likely belongs to, by its address; null for consumers. */
export function workspaceDomainOf(email: string): string | null {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  return domain === '' || consumerDomains.has(domain) ? null : domain
}
