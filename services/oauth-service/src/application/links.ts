import type { Service } from '@evergrant/event-contracts'

/** The one-time link that binds a browser and leads to Google. */
export function beginUrl(publicUrl: string, authorizationId: string, ticket: string): string {
  return linkOf(publicUrl, authorizationId, 'begin', { ticket })
}

/** The link that opens a further authorization for what this one left open, or for one service of it. */
export function anotherUrl(
  publicUrl: string,
  authorizationId: string,
  options: { readonly ticket: string; readonly service?: Service },
): string {
  return linkOf(publicUrl, authorizationId, 'another', options)
}

function linkOf(
  publicUrl: string,
  authorizationId: string,
  action: string,
  parameters: Readonly<Record<string, string>>,
): string {
  return `${publicUrl}/v1/authorizations/${authorizationId}/${action}?${new URLSearchParams(parameters)}`
}
