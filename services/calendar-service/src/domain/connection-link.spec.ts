import { specification } from '@evergrant/decider/testing'
import { requiredScopes } from '@evergrant/event-contracts'
import { describe, it } from 'vitest'
import {
  type ConnectionLinkCommand,
  type ConnectionLinkFact,
  connectionLinkDecider,
} from './connection-link.ts'

const identity = {
  connectionId: 'c1',
  userId: 'alice',
  grantId: 'g1',
  account: { id: '1', email: 'alice@example.com' },
}
const early = '2026-11-23T10:00:00.000Z'
const late = '2026-11-23T11:00:00.000Z'
const expect: ConnectionLinkCommand = { type: 'ExpectConnection', identity, issuedAt: early }
const note = (
  changed: Partial<Extract<ConnectionLinkCommand, { type: 'NoteConnection' }>>,
): ConnectionLinkCommand => ({
  type: 'NoteConnection',
  identity,
  status: 'active',
  reason: null,
  scopes: requiredScopes('calendar', 'read'),
  changedAt: late,
  ...changed,
})
const expected: ConnectionLinkFact = { type: 'ConnectionExpected', data: { ...identity, issuedAt: early } }
const activated: ConnectionLinkFact = {
  type: 'ConnectionActivated',
  data: { ...identity, activatedAt: late },
}
const paused = (reason: string): ConnectionLinkFact => ({
  type: 'ConnectionPaused',
  data: { ...identity, reason, pausedAt: late },
})
const { given } = specification(connectionLinkDecider)

describe('what is known of a connection', () => {
  it('is expected from the consent on, and active when there is a token', () => {
    given().when(expect).then(expected)
    given(expected).when(note({})).then(activated)
  })
  it('does not depend on which of the two publishers is heard first', () => {
    given().when(note({})).then(activated)
    given(activated).when(expect).changesNothing()
  })
  it('is renewed by a later consent', () => {
    const issuedAt = '2026-11-23T12:00:00.000Z'
    given(activated)
      .when({ ...expect, issuedAt })
      .then({ type: 'ConnectionRenewed', data: { ...identity, renewedAt: issuedAt } })
  })
  it('pauses with the reason while the user has to act', () => {
    given(activated)
      .when(note({ status: 'needs_reauthorization', reason: 'revoked_at_google' }))
      .then(paused('revoked_at_google'))
    given(activated)
      .when(note({ status: 'disconnected', reason: 'revoked_by_user' }))
      .then(paused('disconnected'))
    given(activated)
      .when(note({ status: 'missing_scopes', scopes: [] }))
      .then(paused('missing_scopes'))
  })
  it('pauses once per reason and goes on afterwards', () => {
    const again = note({ status: 'needs_reauthorization', reason: 'revoked_at_google' })
    given(activated, paused('revoked_at_google')).when(again).changesNothing()
    given(activated, paused('revoked_at_google')).when(note({})).then(activated)
  })
  it('can be read although the right to write is missing', () => {
    const scopes = requiredScopes('calendar', 'read')
    given(expected)
      .when(note({ status: 'missing_scopes', scopes }))
      .then(activated)
  })
  it('stays as it is when token-service cannot say either', () => {
    given(activated)
      .when(note({ status: 'unknown' }))
      .changesNothing()
    given(expected)
      .when(note({ status: 'unknown' }))
      .changesNothing()
  })
  it('is not told twice', () => {
    given(activated).when(note({})).changesNothing()
    given(expected).when(expect).changesNothing()
  })
})
