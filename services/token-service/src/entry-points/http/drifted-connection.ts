import type { CapabilityState, Connection } from '@evergrant/event-contracts'
import type { ConnectionReason } from '../../domain/connection-reason.ts'

/** What drift leaves of a capability. */
export type StateOf = (capability: string) => CapabilityState

const worst: readonly CapabilityState[] = ['ok', 'degraded', 'unavailable']

/** A connection as it can be used while the schema is not right: the connection itself is as good as before. */
export function withDrift(connection: Connection, stateOf: StateOf): Connection {
  const drifted = Object.keys(connection.capabilities).filter((capability) => stateOf(capability) !== 'ok')
  if (drifted.length === 0) return connection
  const capabilities = Object.fromEntries(
    Object.entries(connection.capabilities).map(([capability, state]) => [
      capability,
      worst.indexOf(stateOf(capability)) > worst.indexOf(state) ? stateOf(capability) : state,
    ]),
  )
  if (connection.reason !== null) return { ...connection, capabilities }
  return {
    ...connection,
    capabilities,
    reason: 'schema_drift' satisfies ConnectionReason,
    action: {
      kind: 'wait',
      description: 'Our database is not in the state it needs; we are on it, and nothing has to be done.',
    },
  }
}
