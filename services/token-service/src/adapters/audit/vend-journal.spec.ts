import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7Ids } from '@evergrant/service-runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openVendJournal } from './vend-journal.ts'

describe('the vend journal', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vend-journal-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (instanceId = 'token-service-1') => openVendJournal({ folder, instanceId, ids: uuidv7Ids })
  const entry = () => ({
    id: uuidv7Ids.next(),
    connectionId: uuidv7Ids.next(),
    grantId: uuidv7Ids.next(),
    generation: 1,
    caller: 'calendar-service',
    purpose: null,
    scopes: [],
    traceparent: null,
    at: new Date(),
  })

  it('gives back what a killed process of the same instance left, and only that', () => {
    const journal = open()
    const entries = [entry(), entry()]
    for (const one of entries) journal.append(one)
    expect(open('token-service-2').left.entries).toEqual([])
    expect(open().left).toEqual({ entries, unreadable: 0 })
  })

  it('forgets what was sealed, what an earlier life left too, and nothing that came after', () => {
    open().append(entry())
    const journal = open()
    journal.append(entry())
    const forget = journal.seal()
    const later = entry()
    journal.append(later)
    forget()
    expect(open().left.entries).toEqual([later])
  })

  it('counts a line that was cut off and keeps the others', () => {
    const journal = open()
    const whole = entry()
    journal.append(whole)
    appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), '{"id":"0198')
    expect(open().left).toEqual({ entries: [whole], unreadable: 1 })
  })
})
