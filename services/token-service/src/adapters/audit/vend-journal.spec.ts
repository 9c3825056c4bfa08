import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7Ids } from '@evergrant/service-runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { journalEntry, openVendJournal } from './vend-journal.ts'

describe('the vend journal', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vend-journal-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (instanceId = 'token-service-1') => openVendJournal({ folder, instanceId, ids: uuidv7Ids })
  const entry = () =>
    journalEntry({
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

  it('gives back what a killed process of the same instance left, and only that', async () => {
    const journal = open()
    const entries = [entry(), entry()]
    await Promise.all(entries.map(journal.append))
    expect(open('token-service-2').left.entries).toEqual([])
    expect(open().left).toEqual({ entries, unreadable: 0 })
  })

  it('forgets what was sealed, what an earlier life left too, and nothing that came after', async () => {
    await open().append(entry())
    const journal = open()
    await journal.append(entry())
    const forget = journal.seal()
    const later = entry()
    await journal.append(later)
    forget()
    expect(open().left.entries).toEqual([later])
  })

  it('forgets an entry too that was still on its way into the file', async () => {
    const journal = open()
    const written = journal.append(entry())
    const forget = journal.seal()
    await written
    expect(open().left.entries).toHaveLength(1)
    forget()
    expect(open().left.entries).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  it('says so when an entry did not get into the file, and goes on with the next', async () => {
    const journal = open()
    rmSync(folder, { recursive: true })
    const lost = await Promise.allSettled([journal.append(entry()), journal.append(entry())])
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    mkdirSync(folder)
    const next = entry()
    await journal.append(next)
    expect(open().left.entries).toEqual([next])
  })

  it('counts a line that was cut off and keeps the others', async () => {
    const journal = open()
    const whole = entry()
    await journal.append(whole)
    appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), '{"id":"0198')
    expect(open().left).toEqual({ entries: [whole], unreadable: 1 })
  })
})
