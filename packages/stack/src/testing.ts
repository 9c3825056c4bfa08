export { freePort } from './processes/free-port.ts'
export {
  type OwnNatsServer,
  type OwnServer,
  startNatsServer,
  startPostgresServer,
} from './testing/own-servers.ts'
export { type SharedServers, startSharedServers } from './testing/shared-servers.ts'
export { type DatabaseTemplate, type TestDatabase, useDatabase, useNats } from './testing/use-database.ts'
