import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { allOrFirstError } from './all-or-first-error.ts'
import { startNats, startPostgres } from './backing-servers.ts'
import { type Endpoints, endpointsOf } from './data-directory/endpoints.ts'
import { lockDataDirectory } from './data-directory/lock.ts'
import { keptPorts } from './data-directory/ports.ts'
import { emptyDataDirectory, freshLogFolder } from './data-directory/prepare.ts'
import { writePrivateFile } from './data-directory/private-file.ts'
import { type Secrets, secretsIn } from './data-directory/secrets.ts'
import { stackErrors } from './errors.ts'
import { developmentAudience, startDevelopmentIssuer } from './issuer/development-issuer.ts'
import type { CallerIdentity, StackOptions } from './options.ts'
import { isListening } from './processes/free-port.ts'
import { endLeftovers } from './processes/pid-file.ts'
import type { ProcessPlan } from './processes/process-plan.ts'
import { supervise } from './processes/supervisor.ts'
import type { Progress } from './report/progress.ts'
import { emulatorPlan } from './services/emulator.ts'
import { inheritedEnvironment } from './services/service-plans.ts'
import { migrateDatabases, startServices } from './services/start-services.ts'
import type { Stage, Started } from './started.ts'

export interface Stack {
  readonly endpoints: () => Endpoints
  /** Whether the gateway says that everything is ready. */
  readonly ready: boolean
}

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
  const logFolder = await takeDataDirectory(options, started, progress)
  const secrets = await secretsIn(join(dataDir, 'secrets'))
  const ports = keptPorts(dataDir)
  const gatewayPort = await chooseGatewayPort(options.gatewayPort, ports)
  const publicUrl = options.publicUrl ?? `http://127.0.0.1:${gatewayPort}`
  // Without Node's TypeScript compiler in it a process is twenty megabytes smaller, and up in half the time.
  const inherited = {
    NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'),
    ...inheritedEnvironment(options.env),
  }
  const callers = await whoIssuesTokens(options, await ports.portFor('issuer'), secrets, started)

  let write = () => {}
  const superviseAt = async (stage: Stage, plan: ProcessPlan) => {
    const supervised = await supervise(plan, {
      logFolder,
      runFolder: join(dataDir, 'run'),
      onChange: () => write(),
      onEvent: progress.note,
      stopping: started.stopping,
    })
    started.add(stage, supervised.stop)
    return supervised
  }

  const startGoogle = async (port: number) => {
    if (options.google !== undefined) {
      if (options.google.clientId === undefined)
        progress.note('nobody can connect yet: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET')
      return { google: options.google, emulator: undefined }
    }
    const clientSecret = secrets.passwords.google_client_secret
    const { google, plan } = emulatorPlan({ root, dataDir, port, clientSecret, publicUrl, inherited })
    const start = () => superviseAt('google', plan)
    return { google, emulator: await progress.step('Google emulator', start, () => google.issuer) }
  }

  const around = { root, options, secrets, ports, progress }
  // The port first: two steps that pick one at the same time could pick the same.
  const googlePort = await ports.portFor('google-emulator')
  const [postgres, nats, { google, emulator }] = await allOrFirstError([
    startPostgres({ ...around, supervise: (plan) => superviseAt('postgres', plan) }),
    startNats({ ...around, supervise: (plan) => superviseAt('nats', plan) }),
    startGoogle(googlePort),
  ] as const)

  const surroundings = {
    inherited,
    postgresAdminUrl: postgres.adminUrl,
    natsUrlOf: nats.urlOf,
    callers,
    google,
    publicUrl,
    returnToOrigins: options.returnToOrigins,
    secrets,
  }
  await progress.step('database migrations', () => migrateDatabases(root, surroundings, started.stopping))
  const services = await startServices({
    root,
    scale: options.scale,
    ports,
    gatewayPort,
    around: surroundings,
    progress,
    supervise: superviseAt,
  })

  const endpoints = () => endpointsOf({ gatewayPort, google, emulator, nats, postgres, services, secrets })
  const file = join(dataDir, 'endpoints.json')
  write = () => writePrivateFile(file, `${JSON.stringify(endpoints(), null, 2)}\n`)
  write()
  started.add('data directory', async () => {
    write = () => {}
    rmSync(file, { force: true })
  })
  const ready = await untilReady(`${endpoints().gateway}/health`, started.stopping)
  return { endpoints, ready }
}

/** Makes the data directory ours: nobody else's stack on it, nothing left running of one that was killed.
 * @returns the folder for logs */
async function takeDataDirectory(
  options: StackOptions,
  started: Started,
  progress: Progress,
): Promise<string> {
  const { dataDir } = options
  const unlock = lockDataDirectory(dataDir)
  started.add('data directory', async () => unlock())
  const left = await endLeftovers(join(dataDir, 'run'))
  if (left.length > 0) progress.note(`ended what a killed stack had left: ${left.join(', ')}`)
  if (options.fresh) emptyDataDirectory(dataDir)
  // Tools must not find the addresses of a stack that was killed.
  rmSync(join(dataDir, 'endpoints.json'), { force: true })
  return freshLogFolder(dataDir)
}

/** 0 means any, and the same one again next time where it is free. */
async function chooseGatewayPort(wanted: number, ports: ReturnType<typeof keptPorts>): Promise<number> {
  if (wanted === 0) return await ports.portFor('gateway')
  if (!(await isListening(wanted))) return wanted
  throw stackErrors.port_taken({
    message: `port ${wanted}, which the gateway wants, is taken by another program: stop that one, or npm start -- --port <another port>`,
  })
}

/** The issuer that was given, or the development issuer; the CLI reads which one it is, and signs with its key. */
async function whoIssuesTokens(
  options: StackOptions,
  port: number,
  secrets: Secrets,
  started: Started,
): Promise<CallerIdentity> {
  const file = join(options.dataDir, 'secrets', 'issuer.json')
  if (options.callers !== undefined) {
    const { issuer, audience } = options.callers
    writePrivateFile(file, JSON.stringify({ issuer, audience, key: null }))
    return options.callers
  }
  const { issuer, jwksUri, stop } = await startDevelopmentIssuer(port, secrets.issuerKey)
  started.add('google', stop)
  writePrivateFile(file, JSON.stringify({ issuer, audience: developmentAudience, key: secrets.issuerKey }))
  return { issuer, audience: developmentAudience, jwksUri }
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
