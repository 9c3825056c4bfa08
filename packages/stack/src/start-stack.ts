import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Around, startNats, startPostgres } from './backing-servers.ts'
import type { Endpoints } from './data-directory/endpoints.ts'
import { lockDataDirectory } from './data-directory/lock.ts'
import { keptPorts } from './data-directory/ports.ts'
import { writePrivateFile } from './data-directory/private-file.ts'
import { secretsIn } from './data-directory/secrets.ts'
import { stackErrors } from './errors.ts'
import type { GoogleClient } from './google-settings.ts'
import { developmentAudience, startDevelopmentIssuer } from './issuer/development-issuer.ts'
import type { CallerIdentity, StackOptions } from './options.ts'
import { postgresDataDirectory } from './postgres/data-directory.ts'
import { isListening } from './processes/free-port.ts'
import { endLeftovers } from './processes/pid-file.ts'
import type { ProcessPlan } from './processes/process-plan.ts'
import { type Supervised, supervise } from './processes/supervisor.ts'
import type { Progress } from './report/progress.ts'
import { nodeProcessPlan, runToEnd } from './services/node-process.ts'
import {
  databaseServices,
  databaseUrl,
  entryOf,
  inheritedEnvironment,
  migrationOf,
  type ServiceSurroundings,
  serviceEnvironment,
} from './services/service-plans.ts'

export interface Stack {
  readonly endpoints: () => Endpoints
  /** Whether the gateway says that everything is ready. */
  readonly ready: boolean
}

interface ServiceReplica {
  readonly name: string
  readonly replica: number
  readonly url: string
  readonly process: Supervised
}

/** What has been started, in order, so that it can be stopped in reverse also when a start is interrupted. */
export interface Started {
  readonly stopping: AbortSignal
  /** Registers how to stop something; stages stop from the last to the first, each one at once. */
  add(stage: Stage, stop: () => Promise<void>): void
}

export const stages = ['lock', 'postgres', 'nats', 'google', 'services', 'gateway'] as const
export type Stage = (typeof stages)[number]

const readyWithinMs = 60_000

/** Starts everything (CONTRACT 1). Whatever was started is registered with `started`, also when this throws.
 * @throws DomainError with one line that says what to do */
export async function startStack(
  root: string,
  options: StackOptions,
  started: Started,
  progress: Progress,
): Promise<Stack> {
  const { dataDir } = options
  const unlock = lockDataDirectory(dataDir)
  started.add('lock', async () => unlock())
  const runFolder = join(dataDir, 'run')
  const left = await endLeftovers(runFolder)
  if (left.length > 0) progress.note(`ended what a killed stack had left: ${left.join(', ')}`)
  if (options.fresh) empty(dataDir)
  if (await isListening(options.gatewayPort))
    throw stackErrors.port_taken({
      message: `port ${options.gatewayPort}, which the gateway wants, is taken by another program: stop it, or npm start -- --port <another port>`,
    })
  const logFolder = join(dataDir, 'logs')
  rotate(logFolder)

  let write = () => {}
  const superviseIn = (stage: Stage) => async (plan: ProcessPlan) => {
    if (started.stopping.aborted) throw stackErrors.process_not_ready({ message: 'stopped while starting' })
    const supervised = await supervise(plan, {
      logFolder,
      runFolder,
      onChange: () => write(),
      onEvent: progress.note,
      stopping: started.stopping,
    })
    started.add(stage, supervised.stop)
    return supervised
  }

  const secrets = await secretsIn(join(dataDir, 'secrets'))
  const ports = keptPorts(dataDir)
  const around: Omit<Around, 'supervise'> = { root, options, secrets, ports, progress }
  const inherited = inheritedEnvironment(options.env)

  const callers: CallerIdentity =
    options.callers ??
    (await startDevelopmentIssuer(await ports.portFor('issuer'), secrets.issuerKey).then((development) => {
      started.add('google', development.stop)
      return { ...development, audience: developmentAudience }
    }))
  writePrivateFile(
    join(dataDir, 'secrets', 'issuer.json'),
    JSON.stringify(
      options.callers === undefined
        ? { issuer: callers.issuer, audience: callers.audience, key: secrets.issuerKey }
        : { issuer: callers.issuer, audience: callers.audience, key: null },
    ),
  )
  // One after the other, so that two never pick the same port; they come up side by side.
  const googlePort = await ports.portFor('google-emulator')
  const [postgres, nats, google] = await allOrFirstError([
    startPostgres({ ...around, supervise: superviseIn('postgres') }),
    startNats({ ...around, supervise: superviseIn('nats') }),
    options.google ??
      startEmulator(
        root,
        options,
        googlePort,
        secrets.passwords.google_client_secret,
        inherited,
        progress,
        superviseIn('google'),
      ),
  ])

  await progress.step('database migrations', () =>
    allOrFirstError(
      databaseServices
        .filter(({ name }) => existsSync(migrationOf(root, name)))
        .map(({ name, database }) =>
          runToEnd(
            `the migration of ${name}`,
            migrationOf(root, name),
            {
              ...inherited,
              MIGRATOR_DATABASE_URL: databaseUrl(
                postgres.adminUrl,
                'evergrant_migrator',
                secrets.passwords.migrator,
                database,
              ),
            },
            started.stopping,
          ),
        ),
    ),
  )

  const surroundings: ServiceSurroundings = {
    inherited,
    postgresAdminUrl: postgres.adminUrl,
    natsUrlOf: nats.urlOf,
    callers,
    google,
    publicUrl: options.publicUrl,
    returnToOrigins: options.returnToOrigins,
    secrets,
  }
  const planned: { name: string; replica: number; port: number; env: Record<string, string> }[] = []
  for (const service of databaseServices)
    for (let replica = 1; replica <= (options.scale[service.name] ?? 1); replica += 1)
      planned.push({
        name: service.name,
        replica,
        port: await ports.portFor(`${service.name}-${replica}`),
        env: serviceEnvironment(service, replica, surroundings),
      })
  ports.save()
  const urlsOf = (name: string) =>
    planned.flatMap((each) => (each.name === name ? [`http://127.0.0.1:${each.port}`] : [])).join(',')
  const gateway = {
    name: 'gateway',
    replica: 1,
    port: options.gatewayPort,
    env: {
      ...inherited,
      PUBLIC_URL: options.publicUrl,
      OAUTH_SERVICE_URLS: urlsOf('oauth-service'),
      TOKEN_SERVICE_URLS: urlsOf('token-service'),
      CALENDAR_SERVICE_URLS: urlsOf('calendar-service'),
    },
  }
  const replicas = await allOrFirstError(
    [...planned, gateway]
      .filter(({ name }) => existsSync(entryOf(root, name)))
      .map(async ({ name, replica, port, env }): Promise<ServiceReplica> => {
        const process = await progress.step(
          `${name}${(options.scale[name] ?? 1) > 1 ? ` ${replica}` : ''}`,
          () =>
            superviseIn(name === 'gateway' ? 'gateway' : 'services')(
              nodeProcessPlan({
                name: name === 'gateway' ? name : `${name}-${replica}`,
                entry: entryOf(root, name),
                port,
                livePath: '/health/live',
                env,
              }),
            ),
          () => `http://127.0.0.1:${port}`,
        )
        return { name, replica, url: `http://127.0.0.1:${port}`, process }
      }),
  )

  const endpoints = (): Endpoints => ({
    gateway: `http://127.0.0.1:${options.gatewayPort}`,
    google: {
      issuer: google.issuer,
      apiRootUrl: google.apiRootUrl,
      emulated: options.google === undefined,
    },
    nats: {
      url: nats.urlOf('operator'),
      monitorUrl: nats.monitorUrl ?? null,
      pid: nats.process?.pid() ?? null,
    },
    postgres: {
      adminUrl: postgres.adminUrl,
      pid: postgres.process?.pid() ?? null,
      databases: Object.fromEntries(
        databaseServices.map(({ name, role, database }) => [
          name,
          databaseUrl(postgres.adminUrl, role, secrets.passwords[role], database),
        ]),
      ),
    },
    services: replicas.map(({ name, replica, url, process }) => ({
      name,
      replica,
      pid: process.pid() ?? null,
      url,
    })),
  })
  write = () => writePrivateFile(join(dataDir, 'endpoints.json'), JSON.stringify(endpoints(), null, 2))
  write()
  started.add('lock', async () => rmSync(join(dataDir, 'endpoints.json'), { force: true }))
  const ready = await untilReady(`http://127.0.0.1:${options.gatewayPort}/health`, started.stopping)
  return { endpoints, ready }
}

async function startEmulator(
  root: string,
  options: StackOptions,
  port: number,
  clientSecret: string,
  inherited: Record<string, string>,
  progress: Progress,
  superviseHere: (plan: ProcessPlan) => Promise<Supervised>,
): Promise<GoogleClient> {
  const issuer = `http://127.0.0.1:${port}`
  const clientId = 'evergrant-development.apps.googleusercontent.com'
  const env = {
    ...inherited,
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: clientSecret,
    GOOGLE_REDIRECT_URIS: `${options.publicUrl}/v1/oauth/google/callback`,
    STATE_FILE: join(options.dataDir, 'google-emulator.json'),
  }
  await progress.step(
    'Google emulator',
    () =>
      superviseHere(
        nodeProcessPlan({
          name: 'google-emulator',
          entry: join(root, 'packages/google-emulator/src/main.ts'),
          port,
          livePath: '/.well-known/openid-configuration',
          env,
        }),
      ),
    () => issuer,
  )
  return { issuer, apiRootUrl: issuer, tokeninfoUrl: `${issuer}/tokeninfo`, clientId, clientSecret }
}

/** Waits for all, also when one fails: what is still starting must be known before it can be stopped. */
async function allOrFirstError<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined)) as never
}

async function untilReady(url: string, stopping: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + readyWithinMs
  while (Date.now() < deadline && !stopping.aborted) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return true
    await delay(50)
  }
  return false
}

/** Only what the stack itself has made: the folder may have been named by mistake. */
function empty(dataDir: string): void {
  for (const name of [
    'secrets',
    'logs',
    'nats',
    'postgres',
    'google-emulator.json',
    'ports.json',
    'endpoints.json',
  ])
    rmSync(join(dataDir, name), { recursive: true, force: true })
  const postgres = postgresDataDirectory(dataDir)
  rmSync(postgres, { recursive: true, force: true })
  if (!postgres.startsWith(dataDir)) rmSync(dirname(postgres), { recursive: true, force: true })
}

/** The logs of the start before stay readable in `logs/previous`. */
function rotate(logFolder: string): void {
  const previous = join(logFolder, 'previous')
  rmSync(previous, { recursive: true, force: true })
  if (existsSync(logFolder)) {
    renameSync(logFolder, `${logFolder}.previous`)
    mkdirSync(logFolder, { mode: 0o700 })
    renameSync(`${logFolder}.previous`, previous)
  } else mkdirSync(logFolder, { recursive: true, mode: 0o700 })
}
