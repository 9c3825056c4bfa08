export {
  type SyncCause,
  type SyncCounts,
  type SyncMode,
  syncCountsSchema,
  syncModeSchema,
} from './calendar/sync-vocabulary.ts'
export {
  allContracts,
  contractOf,
  contracts,
  type DataOf,
  decodeEvent,
  encodeEvent,
  type Publication,
  type PublicEvent,
  publication,
} from './contracts.ts'
export type { Context, Contract } from './define-contract.ts'
export { calendarIdOf, connectionIdOf, driveIdOf, grantIdOf } from './derived-ids.ts'
export { droppedContracts, type EventDropped } from './dropped/event-dropped.v1.ts'
export {
  attributesOf,
  type EventAttributes,
  type EventIdentity,
  type EventMessage,
  eventId,
  headersOf,
  messageId,
} from './envelope.ts'
export { contractErrors } from './errors.ts'
export { identityScopes, missingScopes, requiredScopes, scopesForService } from './google-scopes.ts'
export { schemaContracts } from './schema/schema-contracts.ts'
export {
  type SchemaChange,
  type SchemaFinding,
  schemaChangeSchema,
  schemaFindingSchema,
} from './schema/schema-vocabulary.ts'
export {
  type Access,
  type Account,
  accessSchema,
  accountSchema,
  actionSchema,
  type CapabilityState,
  type Connection,
  type ConnectionStatus,
  capabilityStateSchema,
  connectionSchema,
  connectionStatusSchema,
  type Service,
  serviceSchema,
  services,
  timeSchema,
} from './vocabulary.ts'
