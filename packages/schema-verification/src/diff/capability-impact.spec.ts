import { describe, expect, it } from 'vitest'
import type { CapabilityContract, SchemaContract } from '../manifest/contract.ts'
import { capabilitiesHit, capabilityStates } from './capability-impact.ts'
import { type Difference, impactOf, type Touch } from './difference.ts'

const contractOf = (capabilities: Readonly<Record<string, CapabilityContract>>): SchemaContract => ({
  service: 'lab',
  schemas: ['public'],
  capabilities,
  canaries: [],
})
const t = 'grant_state'
const contract = contractOf({
  read: { uses: [{ table: t, reads: ['id', 'state'] }] },
  insert: { uses: [{ table: t, inserts: ['id', 'user_id'] }] },
  update: { uses: [{ table: t, updates: ['state'] }] },
  upsert: { uses: [{ table: t, inserts: ['state'], updates: ['state'], conflictOn: ['id'] }] },
  delete: { uses: [{ table: t, deletes: true }] },
  keep: { uses: [{ table: t, reads: ['id'], deletes: false }] },
  elsewhere: { uses: [{ table: 'other', reads: ['id'], inserts: ['id'], updates: ['id'], deletes: true }] },
  call: { uses: [], calls: ['es.append'] },
})
const difference = (more: Partial<Difference>): Difference => ({
  path: t,
  kind: 'any',
  class: 'breaking_write',
  expected: null,
  actual: null,
  explanation: 'any',
  ...more,
})
const hit = (touch: Omit<Touch, 'table'>) =>
  capabilitiesHit(difference({ touches: [{ table: t, ...touch }] }), contract)

describe('a difference hits the capabilities whose statements name what it touches', () => {
  it('by the column they read, and an upsert reads what it conflicts on', () => {
    expect(hit({ columns: ['state'], access: ['read'] })).toEqual(['read'])
    expect(hit({ columns: ['id'], access: ['read'] })).toEqual(['read', 'upsert', 'keep'])
    expect(hit({ columns: ['nobody'], access: ['read'] })).toEqual([])
    expect(hit({ access: ['read'] })).toEqual(['read', 'upsert', 'keep'])
  })

  it('by the column they insert', () => {
    expect(hit({ columns: ['user_id'], access: ['insert'] })).toEqual(['insert'])
    expect(hit({ columns: ['id'], access: ['insert'] })).toEqual(['insert', 'upsert'])
    expect(hit({ columns: ['nobody', 'user_id'], access: ['insert'] })).toEqual(['insert'])
    expect(hit({ access: ['insert'] })).toEqual(['insert', 'upsert'])
  })

  it('by the column they update', () => {
    expect(hit({ columns: ['state'], access: ['update'] })).toEqual(['update', 'upsert'])
    expect(hit({ columns: ['id'], access: ['update'] })).toEqual(['upsert'])
    expect(hit({ access: ['update'] })).toEqual(['update', 'upsert'])
  })

  it('by the rows they delete, which no column matters for', () => {
    expect(hit({ access: ['delete'] })).toEqual(['delete'])
    expect(hit({ columns: ['id'], access: ['delete'] })).toEqual([])
  })

  it('by any of the ways they are touched in, and by none', () => {
    expect(hit({ columns: ['user_id'], access: ['read', 'insert'] })).toEqual(['insert'])
    expect(hit({ access: [] })).toEqual([])
    expect(capabilitiesHit(difference({}), contract)).toEqual([])
  })

  it('by the function they call, whatever its arguments, and by no other of a longer name', () => {
    const called = (name: string) => capabilitiesHit(difference({ calls: [name] }), contract)
    expect(called('es.append(text, jsonb)')).toEqual(['call'])
    expect(called('es.append')).toEqual(['call'])
    expect(called('es.append_all(text)')).toEqual([])
  })

  it('but never when it takes nothing away', () => {
    const touches = [{ table: t, access: ['read' as const] }]
    expect(capabilitiesHit(difference({ class: 'info', touches }), contract)).toEqual([])
    expect(capabilitiesHit(difference({ class: 'performance', touches }), contract)).toEqual([])
  })
})

describe('what is left of a capability', () => {
  const of = (...differences: Partial<Difference>[]) =>
    capabilityStates(
      differences.map((each) => difference({ touches: [{ table: t, access: ['delete'] }], ...each })),
      contract,
    ).delete

  it('is all of it while nothing is found, for every capability', () => {
    expect(capabilityStates([], contractOf({ one: { uses: [] }, two: { uses: [] } }))).toEqual({
      one: 'ok',
      two: 'ok',
    })
  })

  it('is as bad as the worst that hits it, in whatever order it was found', () => {
    expect(of({ class: 'silent' })).toBe('degraded')
    expect(of({ class: 'silent' }, { class: 'breaking_read' })).toBe('unavailable')
    expect(of({ class: 'breaking_read' }, { class: 'silent' })).toBe('unavailable')
  })

  it.each([
    ['breaking_read', 'unavailable'],
    ['breaking_write', 'unavailable'],
    ['silent', 'degraded'],
    ['integrity', 'degraded'],
    ['performance', 'ok'],
    ['info', 'ok'],
  ] as const)('is by default, after a difference of class %s, %s', (word, left) => {
    expect(impactOf(difference({ class: word }))).toBe(left)
  })

  it('is what the difference itself says, unless its class takes nothing away', () => {
    expect(impactOf(difference({ class: 'breaking_write', impact: 'degraded' }))).toBe('degraded')
    expect(impactOf(difference({ class: 'silent', impact: 'unavailable' }))).toBe('unavailable')
    expect(impactOf(difference({ class: 'info', impact: 'degraded' }))).toBe('ok')
  })
})
