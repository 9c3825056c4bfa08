import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import {
  type EventWriteCommand,
  type EventWriteFact,
  type EventWriteRequest,
  eventWriteDecider,
} from './event-write.ts'

const now = '2026-11-23T10:00:00.000Z'
const writeId = 'w1'
const request: EventWriteRequest = {
  writeId,
  userId: 'alice',
  connectionId: 'c1',
  calendarId: 'k1',
  eventId: 'e1',
  kind: 'patch',
  fields: { summary: 'Tea' },
  baseEtag: '"1"',
}
const ask: EventWriteCommand = { type: 'RequestWrite', request, now }
const apply: EventWriteCommand = { type: 'ApplyWrite', etag: '"2"', now }
const fail = (outcome: 'conflicted' | 'refused' | 'in_doubt'): EventWriteCommand => ({
  type: 'FailWrite',
  outcome,
  reason: 'word',
  fields: ['summary'],
  theirEtag: '"3"',
  now,
})
const requested: EventWriteFact = { type: 'EventWriteRequested', data: { ...request, requestedAt: now } }
const applied: EventWriteFact = { type: 'EventWriteApplied', data: { writeId, etag: '"2"', appliedAt: now } }
const failed = { writeId, reason: 'word', failedAt: now }
const refused: EventWriteFact = { type: 'EventWriteRefused', data: failed }
const inDoubt: EventWriteFact = { type: 'EventWriteLeftInDoubt', data: failed }
const { given } = specification(eventWriteDecider)

describe('a write', () => {
  it('is on record before it is applied', () => {
    given().when(ask).then(requested)
    given(requested).when(apply).then(applied)
    given().when(apply).changesNothing()
  })
  it('that was applied is over', () => {
    given(requested, applied).when(ask).changesNothing()
    given(requested, applied).when(fail('refused')).changesNothing()
    given(requested, applied).when(apply).changesNothing()
  })
  it('that was refused, or is in doubt, may be asked for again', () => {
    given(requested, refused).when(ask).then(requested)
    given(requested, inDoubt).when(ask).then(requested)
    given(requested).when(ask).changesNothing()
  })
  it('in doubt is settled either way, and doubted once', () => {
    given(requested).when(fail('in_doubt')).then(inDoubt)
    given(requested, inDoubt).when(fail('in_doubt')).changesNothing()
    given(requested, inDoubt).when(apply).then(applied)
    given(requested, inDoubt).when(fail('refused')).then(refused)
  })
  it('names the fields of a conflict, and the revision it lost to', () => {
    given(requested)
      .when(fail('conflicted'))
      .then({ type: 'EventWriteConflicted', data: { ...failed, fields: ['summary'], theirEtag: '"3"' } })
  })
  it('may go on upon somebody else’s revision', () => {
    given(requested)
      .when({ type: 'MergeWrite', theirEtag: '"3"', now })
      .then({ type: 'EventWriteMerged', data: { writeId, theirEtag: '"3"', mergedAt: now } })
  })
})
