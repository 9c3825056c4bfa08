import { createInMemoryEventBus } from '@evergrant/event-bus/testing'
import { type Contract, encodeEvent, type Publication, schemaContracts } from '@evergrant/event-contracts'
import { type SchemaReport, schemaSubject } from '@evergrant/service-runtime'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createServiceReports } from './service-reports.ts'

const { verified, driftDetected, driftResolved } = schemaContracts.oauth

const report = (changes: Partial<SchemaReport> = {}): SchemaReport => ({
  service: 'oauth-service',
  status: 'verified',
  manifestHash: 'm',
  databaseHash: 'm',
  lastVerifiedAt: '2026-11-23T10:00:00.000Z',
  trigger: 'poll',
  findings: [],
  capabilities: {},
  incidentId: null,
  detectedAt: null,
  change: null,
  unverifiable: null,
  ddlNotification: true,
  aheadBy: [],
  instanceId: 'one',
  ...changes,
})

describe('what is known of the schema of another service', () => {
  let now: number
  let bus: ReturnType<typeof createInMemoryEventBus>
  let version: number

  beforeEach(async () => {
    now = Date.parse('2026-11-23T12:00:00Z')
    version = 0
    bus = createInMemoryEventBus()
    await bus.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
  })

  const open = () => {
    const reports = createServiceReports({
      bus,
      contexts: ['oauth'],
      clock: { now: () => new Date(now) },
      onError: () => undefined,
    })
    reports.start()
    return async () => (await reports.all())[0]
  }
  const publish = async (contract: Contract, changes: object) => {
    version++
    const identity = { source: 'oauth-service', streamId: 'schema-oauth', version }
    const publication: Publication = { contract, data: { ...(contract.example as object), ...changes } }
    const message = encodeEvent(publication, { ...identity, time: '2026-11-23T10:00:00.000Z' })
    await bus.publish([{ ...message, ...identity, repair: 0 }])
  }
  const tell = async (told: SchemaReport, ask: () => Promise<SchemaReport | undefined>) => {
    bus.broadcast(schemaSubject('oauth'), told)
    await vi.waitFor(async () => expect((await ask())?.unverifiable?.code).not.toBe('verifier_silent'))
  }

  it('is what its processes tell', async () => {
    const ask = open()
    await tell(report(), ask)
    expect(await ask()).toEqual(report())
  })

  it('is drift as soon as one replica found it', async () => {
    const ask = open()
    await tell(report(), ask)
    bus.broadcast(schemaSubject('oauth'), report({ instanceId: 'two', status: 'drift' }))
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ status: 'drift', instanceId: 'two' }))
  })

  it('is its newest event for one that has just begun to listen', async () => {
    await publish(verified, { verifiedAt: '2026-11-23T10:00:00.000Z' })
    await publish(driftDetected, { verifiedAt: '2026-11-23T11:00:00.000Z' })
    expect(await open()()).toMatchObject({
      status: 'drift',
      incidentId: driftDetected.example.incidentId,
      findings: driftDetected.example.findings,
    })
    await publish(driftResolved, { verifiedAt: '2026-11-23T11:30:00.000Z' })
    expect(await open()()).toMatchObject({ status: 'verified', findings: [], incidentId: null })
  })

  it('is not claimed when the service has been silent for long, and what was last heard is shown', async () => {
    await publish(verified, { verifiedAt: '2026-11-23T10:00:00.000Z' })
    const ask = open()
    await tell(report(), ask)
    now += 60_000
    expect(await ask()).toMatchObject({
      status: 'unverifiable',
      lastVerifiedAt: '2026-11-23T10:00:00.000Z',
      unverifiable: { code: 'verifier_silent' },
    })
  })

  it('is nothing when nobody ever told, and the bus being away changes nothing', async () => {
    const ask = open()
    expect(await ask()).toMatchObject({ status: 'unverifiable', manifestHash: null })
    await tell(report(), ask)
    await bus.close()
    expect(await ask()).toEqual(report())
    now += 60_000
    expect(await ask()).toMatchObject({ status: 'unverifiable' })
  })
})
