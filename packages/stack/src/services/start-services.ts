import { existsSync } from 'node:fs'
import { allOrFirstError } from '../all-or-first-error.ts'
import type { keptPorts } from '../data-directory/ports.ts'
import { stackErrors } from '../errors.ts'
import type { ProcessPlan } from '../processes/process-plan.ts'
import type { Supervised } from '../processes/supervisor.ts'
import type { Progress } from '../report/progress.ts'
import { nodeProcessPlan, runToEnd } from './node-process.ts'
import {
  databaseServices,
  databaseUrl,
  entryOf,
  migrationOf,
  type ServiceSurroundings,
  serviceEnvironment,
} from './service-plans.ts'

export interface ServiceReplica {
  readonly name: string
  readonly replica: number
  readonly url: string
  readonly process: Supervised
}

interface PlannedReplica {
  readonly name: string
  readonly replica: number
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}

/** Brings the three databases up to date, side by side.
 * @throws DomainError process_not_ready */
export async function migrateDatabases(
  root: string,
  around: ServiceSurroundings,
  stopping: AbortSignal,
): Promise<void> {
  await allOrFirstError(
    databaseServices.map(({ name, database }) =>
      runToEnd(
        `the migration of ${name}`,
        migrationOf(root, name),
        {
          ...around.inherited,
          MIGRATOR_DATABASE_URL: databaseUrl(
            around.postgresAdminUrl,
            'evergrant_migrator',
            around.secrets.passwords.migrator,
            database,
          ),
        },
        stopping,
      ),
    ),
  )
}

export interface ServicesToStart {
  readonly root: string
  readonly scale: Readonly<Record<string, number>>
  readonly ports: ReturnType<typeof keptPorts>
  readonly gatewayPort: number
  readonly around: ServiceSurroundings
  readonly progress: Progress
  readonly supervise: (stage: 'services' | 'gateway', plan: ProcessPlan) => Promise<Supervised>
}

/** Every replica of every service, and the gateway in front of them; all at once, since none needs another to start.
 * @throws DomainError process_not_ready */
export async function startServices(start: ServicesToStart): Promise<ServiceReplica[]> {
  const planned = await planReplicas(start)
  start.ports.save()
  const missing = planned.find(({ name }) => !existsSync(entryOf(start.root, name)))
  if (missing !== undefined)
    throw stackErrors.tool_missing({
      message: `services/${missing.name}/src/main.ts is not part of this checkout`,
    })
  return await allOrFirstError(planned.map((replica) => startReplica(start, replica)))
}

async function planReplicas({
  scale,
  ports,
  gatewayPort,
  around,
}: ServicesToStart): Promise<PlannedReplica[]> {
  const planned: PlannedReplica[] = []
  for (const service of databaseServices)
    for (let replica = 1; replica <= (scale[service.name] ?? 1); replica += 1)
      planned.push({
        name: service.name,
        replica,
        port: await ports.portFor(`${service.name}-${replica}`),
        env: serviceEnvironment(service, replica, around),
      })
  const urlsOf = (name: string) =>
    planned.flatMap((each) => (each.name === name ? [urlOf(each.port)] : [])).join(',')
  const gateway = {
    name: 'gateway',
    replica: 1,
    port: gatewayPort,
    env: {
      ...around.inherited,
      PUBLIC_URL: around.publicUrl,
      OAUTH_SERVICE_URLS: urlsOf('oauth-service'),
      TOKEN_SERVICE_URLS: urlsOf('token-service'),
      CALENDAR_SERVICE_URLS: urlsOf('calendar-service'),
    },
  }
  return [...planned, gateway]
}

async function startReplica(start: ServicesToStart, planned: PlannedReplica): Promise<ServiceReplica> {
  const { name, replica, port, env } = planned
  const plan = nodeProcessPlan({
    name: name === 'gateway' ? name : `${name}-${replica}`,
    entry: entryOf(start.root, name),
    port,
    livePath: '/health/live',
    env,
  })
  const shown = (start.scale[name] ?? 1) > 1 ? `${name} ${replica}` : name
  const process = await start.progress.step(
    shown,
    () => start.supervise(name === 'gateway' ? 'gateway' : 'services', plan),
    () => urlOf(port),
  )
  return { name, replica, url: urlOf(port), process }
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`
