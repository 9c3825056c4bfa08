import { describe, expect, it } from 'vitest'
import { judgeOldStream, type OldStream } from './judge-old-stream.ts'

const done: OldStream = { streamId: 'sync-1', ended: true, unpublished: false, parked: false }

describe('an old stream', () => {
  it('may go when it has ended and all of it has gone out', () => {
    expect(judgeOldStream(done)).toBeNull()
  })

  it('stays while it is under way, however old', () => {
    expect(judgeOldStream({ ...done, ended: false })).toBe('not_ended')
    expect(judgeOldStream({ ...done, ended: false, unpublished: true, parked: true })).toBe('not_ended')
  })

  it('stays while something of it has not gone out', () => {
    expect(judgeOldStream({ ...done, unpublished: true })).toBe('unpublished')
  })

  it('stays while an operator has to decide about something of it', () => {
    expect(judgeOldStream({ ...done, unpublished: true, parked: true })).toBe('parked')
  })
})
