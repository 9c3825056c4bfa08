interface KnownRoute {
  readonly path: RegExp
  readonly methods: Set<string>
}

/** Which methods a path takes; a router that found nothing only says that it found nothing. */
export interface RouteTable {
  add(url: string, methods: string | readonly string[]): void
  /** Sorted; empty when the path is not known at all. */
  methodsOf(path: string): readonly string[]
}

export function createRouteTable(): RouteTable {
  const routes = new Map<string, KnownRoute>()
  return {
    add: (url, methods) => {
      const route = routes.get(url) ?? { path: patternOf(url), methods: new Set<string>() }
      for (const method of [methods].flat()) route.methods.add(method)
      routes.set(url, route)
    },
    methodsOf: (path) => {
      const methods = [...routes.values()].filter((route) => route.path.test(path))
      return [...new Set(methods.flatMap((route) => [...route.methods]))].sort()
    },
  }
}

/** Parameters stand for one segment, a star for the rest. */
function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/:[A-Za-z0-9_]+/g, '[^/]+').replaceAll('*', '.*')}/?$`)
}
