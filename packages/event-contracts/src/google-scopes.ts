import type { Access, Service } from './vocabulary.ts'

const api = 'https://www.googleapis.com/auth/'

/** What each service asks of Google, per access. Google's own scope strings; the narrowest that do the job. */
const scopesOf: Record<Service, Record<Access, readonly string[]>> = {
  calendar: { read: [`${api}calendar.readonly`], readwrite: [`${api}calendar`] },
  drive: { read: [`${api}drive.metadata.readonly`], readwrite: [`${api}drive`] },
  gmail: { read: [`${api}gmail.metadata`], readwrite: [`${api}gmail.modify`] },
}

/** Scopes that a broader granted scope stands for. */
const impliedBy: Record<string, readonly string[]> = {
  [`${api}calendar`]: [`${api}calendar.readonly`],
  [`${api}drive`]: [`${api}drive.readonly`, `${api}drive.metadata.readonly`],
  [`${api}drive.readonly`]: [`${api}drive.metadata.readonly`],
  [`${api}gmail.modify`]: [`${api}gmail.readonly`, `${api}gmail.metadata`],
  [`${api}gmail.readonly`]: [`${api}gmail.metadata`],
}

/** Identity scopes every authorization asks for: they name the account and cost the user no extra checkbox. */
export const identityScopes: readonly string[] = ['openid', 'email']

export function requiredScopes(service: Service, access: Access): readonly string[] {
  return scopesOf[service][access]
}

/** The required scopes that the granted ones do not cover. */
export function missingScopes(required: readonly string[], granted: readonly string[]): string[] {
  return required.filter(
    (scope) => !granted.some((broad) => broad === scope || impliedBy[broad]?.includes(scope)),
  )
}

/** The granted scopes that concern a service, narrow or broad. */
export function scopesForService(service: Service, granted: readonly string[]): string[] {
  return granted.filter((scope) => scope.startsWith(`${api}${service}`))
}
