import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import type { SchemaFact, SchemaStanding } from './schema-facts.ts'
import { type RecordVerification, schemaHistory } from './schema-history.ts'

const { given } = specification(schemaHistory)

const at = (verifiedAt: string): SchemaStanding => ({
  service: 'token-service',
  instanceId: 'one',
  manifestHash: 'm',
  databaseHash: 'd',
  trigger: 'poll',
  findings: [],
  capabilities: {},
  verifiedAt,
})
const incident = (incidentId: string, detectedAt: string) => ({ incidentId, detectedAt })
const look = (verifiedAt: string, found: RecordVerification['incident'] = null): RecordVerification => ({
  type: 'RecordVerification',
  standing: at(verifiedAt),
  incident: found,
  change: null,
})
const verified = (time: string): SchemaFact => ({ type: 'SchemaVerified', data: at(time) })
const detected = (time: string, incidentId: string, detectedAt = time): SchemaFact => ({
  type: 'SchemaDriftDetected',
  data: { ...at(time), incidentId, detectedAt, change: null },
})

describe('the history of a schema', () => {
  it('begins with what was found first', () => {
    given().when(look('t1')).then(verified('t1'))
    given()
      .when(look('t1', incident('a', 't0')))
      .then(detected('t1', 'a', 't0'))
  })

  it('repeats nothing, however many replicas tell it', () => {
    given(verified('t1')).when(look('t2')).changesNothing()
    given(detected('t1', 'a'))
      .when(look('t2', incident('a', 't2')))
      .changesNothing()
  })

  it('tells of a further drift as one that began with the first', () => {
    given(detected('t1', 'a'))
      .when(look('t2', incident('b', 't2')))
      .then(detected('t2', 'b', 't1'))
  })

  it('tells how long drift lasted when it is over, and that all is well', () => {
    given(verified('t0'), detected('t1', 'a'))
      .when(look('t3'))
      .then(
        {
          type: 'SchemaDriftResolved',
          data: { ...at('t3'), incidentId: 'a', detectedAt: 't1', resolvedAt: 't3' },
        },
        verified('t3'),
      )
  })
})
