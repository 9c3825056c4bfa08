import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { keptPorts } from './data-directory/ports.ts'
import type { Secrets } from './data-directory/secrets.ts'
import { stackErrors } from './errors.ts'
import { findNatsServer } from './nats/find-nats.ts'
import { natsPlan } from './nats/nats-server.ts'
import type { StackOptions } from './options.ts'
import { postgresDataDirectory } from './postgres/data-directory.ts'
import { ping, postgresPlan, postgresUrl } from './postgres/postgres-server.ts'
import { provisionPostgres } from './postgres/provision.ts'
import { tellDdl } from './postgres/tell-ddl.ts'
import type { ProcessPlan } from './processes/process-plan.ts'
import type { Supervised } from './processes/supervisor.ts'
import type { Progress } from './report/progress.ts'
import { databaseServices } from './services/service-plans.ts'

export interface Around {
  readonly root: string
  readonly options: StackOptions
  readonly secrets: Secrets
  readonly ports: ReturnType<typeof keptPorts>
  readonly progress: Progress
  readonly supervise: (plan: ProcessPlan) => Promise<Supervised>
}

export interface RunningPostgres {
  readonly adminUrl: string
  readonly process: Supervised | undefined
}

export interface RunningNats {
  readonly urlOf: (user: string) => string
  readonly monitorUrl: string | undefined
  readonly process: Supervised | undefined
}

/** Ours or the one that was given, with the three databases and their roles in it. */
export async function startPostgres(around: Around): Promise<RunningPostgres> {
  const { options, secrets, progress, ports } = around
  const given = options.postgresAdminUrl
  const running =
    given === undefined
      ? await progress.step(
          'PostgreSQL',
          () => ownPostgres(around),
          ({ adminUrl }) => new URL(adminUrl).host,
        )
      : await progress.step('PostgreSQL at EVERGRANT_POSTGRES_URL answers', () => foreignPostgres(given))
  ports.save()
  const { passwords } = secrets
  await progress.step('databases oauth, token, calendar and their roles', () =>
    provisionPostgres(running.adminUrl, join(around.root, 'infra/postgres/provision.sql'), {
      migrator_password: passwords.migrator,
      oauth_service_password: passwords.oauth_service,
      token_service_password: passwords.token_service,
      calendar_service_password: passwords.calendar_service,
    }),
  )
  await progress.step('schema changes are told as they happen', async () => {
    const silent = await tellDdl(
      databaseServices.map(({ database }) => inDatabase(running.adminUrl, database)),
    )
    if (silent.length > 0)
      progress.note(
        `the login may not install event triggers in ${silent.join(', ')}: schema drift is found by looking every two seconds`,
      )
  })
  return running
}

function inDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}

async function ownPostgres({ options, secrets, ports, supervise }: Around): Promise<RunningPostgres> {
  const port = await ports.portFor('postgres')
  const password = secrets.passwords.postgres
  const dataDir = postgresDataDirectory(options.dataDir)
  return {
    adminUrl: postgresUrl(port, password),
    process: await supervise(postgresPlan({ dataDir, port, password, durable: true })),
  }
}

async function foreignPostgres(adminUrl: string): Promise<RunningPostgres> {
  try {
    await ping(adminUrl)
  } catch (cause) {
    throw stackErrors.foreign_server_unusable({
      message: `EVERGRANT_POSTGRES_URL: no PostgreSQL answers there, or not with that login (${cause instanceof Error ? cause.message : 'unknown error'}); unset it to use the embedded one`,
      cause,
    })
  }
  return { adminUrl, process: undefined }
}

/** Ours or the one that was given. Services come back by themselves when a given one is away for a while. */
export async function startNats(around: Around): Promise<RunningNats> {
  const given = around.options.natsUrl
  if (given !== undefined) {
    around.progress.note(`nats-server at NATS_URL: every service uses the login in it`)
    return { urlOf: () => given, monitorUrl: undefined, process: undefined }
  }
  return await around.progress.step(
    'nats-server with JetStream',
    () => ownNats(around),
    ({ urlOf }) => new URL(urlOf('operator')).host,
  )
}

async function ownNats({ root, options, secrets, ports, progress, supervise }: Around): Promise<RunningNats> {
  const { binary } = await findNatsServer(options.env, progress.note)
  const port = await ports.portFor('nats')
  const monitorPort = await ports.portFor('nats-monitor')
  ports.save()
  const storeDir = join(options.dataDir, 'nats')
  if (!existsSync(storeDir)) mkdirSync(storeDir, { mode: 0o700 })
  const { passwords } = secrets
  const plan = natsPlan({
    binary,
    port,
    monitorPort,
    storeDir,
    config: {
      file: join(root, 'infra/nats/nats-server.conf'),
      variables: {
        NATS_OAUTH_SERVICE_PASSWORD: passwords.nats_oauth_service,
        NATS_TOKEN_SERVICE_PASSWORD: passwords.nats_token_service,
        NATS_CALENDAR_SERVICE_PASSWORD: passwords.nats_calendar_service,
        NATS_OPERATOR_PASSWORD: passwords.nats_operator,
      },
    },
  })
  const passwordOf: Record<string, string> = {
    'oauth-service': passwords.nats_oauth_service,
    'token-service': passwords.nats_token_service,
    'calendar-service': passwords.nats_calendar_service,
    operator: passwords.nats_operator,
  }
  return {
    urlOf: (user) => `nats://${user}:${passwordOf[user] ?? ''}@127.0.0.1:${port}`,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    process: await supervise(plan),
  }
}
