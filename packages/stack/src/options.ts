import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stackErrors } from './errors.ts'
import { type GoogleClient, googleFrom } from './google-settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface CallerIdentity {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
}

/** Everything `npm start` can be told (CONTRACT 1). */
export interface StackOptions {
  /** 0: any. */
  readonly gatewayPort: number
  readonly dataDir: string
  readonly fresh: boolean
  /** How many processes of each service; 1 where not said. */
  readonly scale: Readonly<Record<string, number>>
  /** Somebody else's PostgreSQL; an embedded one when undefined. */
  readonly postgresAdminUrl: string | undefined
  readonly natsUrl: string | undefined
  /** Another Google than the emulator. */
  readonly google: GoogleClient | undefined
  /** The gateway itself when undefined. */
  readonly publicUrl: string | undefined
  readonly returnToOrigins: string
  /** Somebody else's issuer; the development issuer when undefined. */
  readonly callers: CallerIdentity | undefined
  /** What the processes inherit. */
  readonly env: Environment
}

const scalable = ['oauth-service', 'token-service', 'calendar-service']
const mostReplicas = 16

/** @throws DomainError bad_option with one line that says what to write instead. */
export function readOptions(args: readonly string[], env: Environment, cwd: string): StackOptions {
  const { port, 'data-dir': dataDir, scale, fresh, 'no-emulator': noEmulator } = parse(args)
  const gatewayPort = portFrom(port ?? env.EVERGRANT_PORT ?? '8080')
  const publicUrl = nonEmpty(env.PUBLIC_URL)?.replace(/\/$/, '')
  const callers = callersFrom(env)
  if (publicUrl !== undefined) refuseOpenDevelopmentIssuer(publicUrl, callers)
  return {
    gatewayPort,
    dataDir: resolve(cwd, dataDir ?? env.EVERGRANT_DATA_DIR ?? '.evergrant'),
    fresh: fresh ?? false,
    scale: scaleFrom(scale ?? []),
    postgresAdminUrl: nonEmpty(env.EVERGRANT_POSTGRES_URL),
    natsUrl: nonEmpty(env.NATS_URL),
    google: googleFrom(env, noEmulator ?? false),
    publicUrl,
    returnToOrigins: env.RETURN_TO_ORIGINS ?? '',
    callers,
    env,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        scale: { type: 'string', multiple: true },
        fresh: { type: 'boolean' },
        'no-emulator': { type: 'boolean' },
      },
    }).values
  } catch (cause) {
    throw stackErrors.bad_option({
      message: `${cause instanceof Error ? cause.message.split('\n')[0] : 'bad option'} (options: --port 8080, --data-dir .evergrant, --scale token-service=3, --fresh, --no-emulator)`,
      cause,
    })
  }
}

function portFrom(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 0 && port <= 65_535) return port
  throw stackErrors.bad_option({
    message: `--port ${text} is no port: a number from 1 to 65535 is wanted, or 0 for any free one`,
  })
}

function scaleFrom(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name = '', count = ''] = /^([a-z-]+)=(\d+)$/.exec(text) ?? []
      if (!scalable.includes(name) || Number(count) < 1 || Number(count) > mostReplicas)
        throw stackErrors.bad_option({
          message: `--scale ${text} is not understood: write <service>=<1 to ${mostReplicas}>, with one of ${scalable.join(', ')}`,
        })
      return [name, Number(count)]
    }),
  )
}

function callersFrom(env: Environment): CallerIdentity | undefined {
  const issuer = nonEmpty(env.AUTH_ISSUER)
  const audience = nonEmpty(env.AUTH_AUDIENCE)
  const jwksUri = nonEmpty(env.AUTH_JWKS_URI)
  if (issuer === undefined && audience === undefined && jwksUri === undefined) return undefined
  if (issuer !== undefined && audience !== undefined && jwksUri !== undefined)
    return { issuer, audience, jwksUri }
  throw stackErrors.bad_option({
    message:
      'AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URI go together: set all three, or none for the development issuer',
  })
}

/** Whoever can read the data directory can be anybody to the development issuer: good on loopback, nowhere else. */
function refuseOpenDevelopmentIssuer(publicUrl: string, callers: CallerIdentity | undefined): void {
  if (!URL.canParse(publicUrl)) throw stackErrors.bad_option({ message: `PUBLIC_URL=${publicUrl} is no URL` })
  if (callers !== undefined || isLoopback(new URL(publicUrl).hostname)) return
  throw stackErrors.bad_option({
    message: `PUBLIC_URL=${publicUrl} is not on this machine, where the development issuer must not be used: set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URI`,
  })
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
