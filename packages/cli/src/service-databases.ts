import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DomainError } from '@evergrant/decider'
import { loadManifest, type Manifest } from '@evergrant/schema-verification'
import { couldNotCheck, type Surroundings } from './outcome.ts'
import { dataDirectory, endpointsIn } from './running-stack.ts'
import { servicesNamed } from './service-names.ts'

export interface DatabaseOptions {
  readonly service?: string
  readonly against?: string
  readonly manifest?: string
  readonly dataDir?: string
  readonly json?: boolean
}

export interface ServiceDatabase {
  readonly service: string
  /** As the service itself sees it, unless `--against` named another one. */
  readonly url: string
  /** As the role that owns the schema. */
  readonly migratorUrl: string
  /** Whose rights the service has; with `--against`, those that the migrations give to any of them. */
  readonly role: string
}

const repository = join(import.meta.dirname, '../../..')

/** The databases a command is about.
 * @throws CommandEnd (could not check) for an unknown service, a URL that is none, or no running stack. */
export function serviceDatabases(options: DatabaseOptions, surroundings: Surroundings): ServiceDatabase[] {
  const { service, against } = options
  const services = servicesNamed(service)
  if (against !== undefined) {
    if (service === undefined) throw couldNotCheck('--against needs --service: whose schema should it have?')
    requirePostgresUrl(against)
    return [{ service, url: against, migratorUrl: against, role: 'evergrant_service' }]
  }
  const { postgres } = endpointsIn(dataDirectory(options.dataDir, surroundings))
  return services.map((name) => {
    const url = postgres.databases[name]
    if (url === undefined) throw couldNotCheck(`the running stack has no database of ${name}`)
    const role = decodeURIComponent(new URL(url).username)
    return { service: name, url, migratorUrl: asMigrator(postgres.adminUrl, url), role }
  })
}

function requirePostgresUrl(url: string): void {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw couldNotCheck('--against is no PostgreSQL URL (postgres://user:password@host:port/database)')
}

// What an admin makes would belong to the admin, and no later migration could change it.
function asMigrator(adminUrl: string, serviceUrl: string): string {
  const url = new URL(adminUrl)
  url.pathname = new URL(serviceUrl).pathname
  url.searchParams.set('options', '-c role=evergrant_migrator')
  return url.href
}

/** What this code expects of a service's database.
 * @throws CommandEnd (could not check) when the manifest is missing, damaged or another service's. */
export function manifestOf(service: string, file?: string, cwd = '.'): Manifest {
  const committed = join(repository, 'services', service, 'schema.manifest.json')
  const path = file === undefined ? committed : resolve(cwd, file)
  if (!existsSync(path)) throw couldNotCheck(`there is no manifest at ${path}`)
  try {
    return loadManifest(path, service)
  } catch (error) {
    if (error instanceof DomainError) throw couldNotCheck(`${path}: ${error.message}`, error)
    throw error
  }
}

/** Where a program of a service's own is. */
export function serviceProgram(service: string, program: 'migrate' | 'rebuild'): string {
  return join(repository, 'services', service, 'src', `${program}.ts`)
}
