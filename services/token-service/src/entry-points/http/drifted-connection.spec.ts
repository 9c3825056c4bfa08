import { contracts } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { type StateOf, withDrift } from './drifted-connection.ts'

const connection = contracts.connectionChanged.schema.parse(contracts.connectionChanged.example).connection
const drift: StateOf = (capability) => (capability === 'token.read' ? 'unavailable' : 'ok')

describe('a connection while the schema is not right', () => {
  it('says which capability is gone, why, and that waiting is the cure', () => {
    expect(withDrift(connection, drift)).toEqual({
      ...connection,
      capabilities: { 'token.read': 'unavailable', 'token.refresh': 'ok' },
      reason: 'schema_drift',
      action: { kind: 'wait', description: expect.any(String) },
    })
  })

  it('keeps a reason of its own, and never gets better by drift', () => {
    const revoked = {
      ...connection,
      reason: 'revoked_at_google',
      capabilities: { 'token.read': 'unavailable' as const, 'token.refresh': 'unavailable' as const },
    }
    expect(withDrift(revoked, (name) => (name === 'token.read' ? 'degraded' : 'ok'))).toEqual(revoked)
  })

  it('is left as it is when drift touches nothing of it', () => {
    expect(withDrift(connection, () => 'ok')).toBe(connection)
  })
})
