import type { FastifyContextConfig, FastifyRequest } from 'fastify'

/** Commands change something or cost Google calls; strangers are everybody whom no token names. */
export type LimitClass = 'commands' | 'reads' | 'strangers'

/** What a route may say about itself; most need not. `without-credentials` is for whoever passes requests on to a service that
 * knows their callers: only the others are its to count. */
export type RouteLimit = 'reads' | 'none' | 'without-credentials'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which of a caller's limits a request counts against; without it, the method and `access` say. */
    limit?: RouteLimit
  }
}

const reading = /^(GET|HEAD|OPTIONS)$/

/** The class of a route's requests, or null where nobody is counted. */
export function routeClassOf({ access, limit }: FastifyContextConfig, method: string): LimitClass | null {
  if (limit === 'none') return null
  if (access === 'public' || access === undefined) return 'strangers'
  return limit === 'reads' || reading.test(method) ? 'reads' : 'commands'
}

/** The class this request counts against, or null when it is not counted here. */
export function limitClassOf({ routeOptions, method, headers }: FastifyRequest): LimitClass | null {
  const { config } = routeOptions
  if (config.limit === 'without-credentials' && headers.authorization !== undefined) return null
  return routeClassOf(config, method)
}
