import { gatewayApi } from '../gateway-api.ts'
import { CommandEnd, type Surroundings } from '../outcome.ts'
import type { Finding } from './finding.ts'

/** The part of `GET /v1/oauth/google/configuration` that a person acts on. */
interface Configuration {
  readonly checks: readonly {
    readonly name: string
    readonly status: 'ok' | 'warning' | 'failed' | 'unknown'
    readonly says: string
    readonly remedy?: string
  }[]
}

/** Will a first user succeed: what oauth-service knows about its client, redirect URI, scopes, consent screen, clock and keys. */
export async function googleSetup(
  options: { readonly dataDir?: string },
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  try {
    const api = await gatewayApi({ ...options, sub: 'evergrant-doctor', scope: 'admin' }, surroundings)
    const { checks } = await api.ask<Configuration>('GET', '/v1/oauth/google/configuration')
    return checks.map(({ name, status, says, remedy }) => ({
      what: `google setup: ${name.replaceAll('_', ' ')}`,
      ok: status !== 'failed',
      status,
      says: remedy === undefined ? says : `${says} ${remedy}`,
    }))
  } catch (error) {
    if (!(error instanceof CommandEnd)) throw error
    return [{ what: 'google setup', ok: false, status: 'not_checked', says: error.message }]
  }
}
