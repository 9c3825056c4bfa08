import { token } from './commands/token.ts'
import { CommandEnd, couldNotCheck, exitCodes, type Surroundings } from './outcome.ts'
import { dataDirectory, endpointsIn } from './running-stack.ts'

export interface ApiOptions {
  readonly dataDir?: string
  /** Whose connections; a running stack's issuer makes the JWT. */
  readonly sub?: string
  /** What that JWT may do besides, such as `admin`. */
  readonly scope?: string
}

export interface GatewayApi {
  readonly url: string
  /** @throws CommandEnd: could not check when nobody answers, failed when the answer is a refusal. */
  ask<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>
}

/** The gateway of the running stack, or of the remote one that EVERGRANT_URL and EVERGRANT_TOKEN name. */
export async function gatewayApi(options: ApiOptions, surroundings: Surroundings): Promise<GatewayApi> {
  const { env, interrupted } = surroundings
  const remote = env.EVERGRANT_URL || undefined
  const url = (remote ?? endpointsIn(dataDirectory(options.dataDir, surroundings)).gateway).replace(/\/$/, '')
  const bearer = env.EVERGRANT_TOKEN || (await ownToken(options, remote, surroundings))
  return {
    url,
    ask: async <Answer>(method: string, path: string, body?: object) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([interrupted, AbortSignal.timeout(30_000)]),
      }).catch((cause) => {
        throw couldNotCheck(`${url} does not answer`, cause)
      })
      if (!response.ok) throw refusal(response.status, await response.text(), `${method} ${path}`)
      return (await response.json()) as Answer
    },
  }
}

async function ownToken(
  options: ApiOptions,
  remote: string | undefined,
  surroundings: Surroundings,
): Promise<string> {
  if (remote !== undefined) throw couldNotCheck('EVERGRANT_URL needs EVERGRANT_TOKEN, a JWT that it accepts')
  if (options.sub === undefined)
    throw couldNotCheck('say whose connections: --sub <user>, or EVERGRANT_TOKEN with their JWT')
  const { dataDir, scope, sub } = options
  const wanted = {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(scope === undefined ? {} : { scope }),
  }
  return await token({ sub, expires: '5m', ...wanted }, surroundings)
}

/** 401, 403, 429 and 5xx say nothing about what was asked. */
function refusal(status: number, text: string, what: string): CommandEnd {
  const problem = problemOf(text)
  const again = problem.retryAfter === undefined ? undefined : `try again in ${problem.retryAfter} s`
  const says = [problem.code, problem.detail ?? problem.title, problem.action?.url, again]
    .filter(Boolean)
    .join(' – ')
  const exitCode =
    status === 401 || status === 403 || status === 429 || status >= 500
      ? exitCodes.couldNotCheck
      : exitCodes.failed
  return new CommandEnd(exitCode, `${what}: ${status}${says === '' ? '' : ` ${says}`}`)
}

function problemOf(text: string): {
  code?: string
  title?: string
  detail?: string
  retryAfter?: number
  action?: { url?: string } | null
} {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
