import type { ApiOptions } from './gateway-api.ts'

/** Commands for operators speak as one; a remote stack's EVERGRANT_TOKEN says who it really is. */
export function operator({ dataDir, sub }: ApiOptions): ApiOptions {
  return {
    sub: sub ?? 'evergrant-cli',
    scope: 'admin',
    ...(dataDir === undefined ? {} : { dataDir }),
  }
}
