import type { Clock } from '@evergrant/decider'
import type { EventBus, Running } from '@evergrant/event-bus'
import { type Context, decodeEvent, schemaContracts } from '@evergrant/event-contracts'
import { type SchemaReport, schemaReportSchema, schemaSubject } from '@evergrant/service-runtime'

// Three reports in a row that did not come: the verifier is dead, or its process is.
const silentAfterMs = 16_000

interface Heard {
  readonly report: SchemaReport
  readonly atMs: number
}

export interface ServiceReportsOptions {
  readonly bus: Pick<EventBus, 'listen' | 'last'>
  /** The services other than this one. */
  readonly contexts: readonly Context[]
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** How every other service's schema stands: from what its processes tell every few seconds, and for one that is silent
 * from the newest of its events. */
export function createServiceReports({ bus, contexts, clock, onError }: ServiceReportsOptions) {
  const heard = new Map<string, Heard>()
  const listening: Running[] = []
  const startedMs = clock.now().getTime()

  const hear = (body: unknown) => {
    const { success, data } = schemaReportSchema.safeParse(body)
    if (!success) return
    const atMs = clock.now().getTime()
    for (const [replica, known] of heard) if (atMs - known.atMs > silentAfterMs) heard.delete(replica)
    heard.set(`${data.service}/${data.instanceId ?? ''}`, { report: data, atMs })
  }
  const reportOf = async (context: Context): Promise<SchemaReport> => {
    const now = clock.now().getTime()
    const service = `${context}-service`
    const live = [...heard.values()].filter(
      ({ report, atMs }) => report.service === service && now - atMs <= silentAfterMs,
    )
    const worst = live.map(({ report }) => report).toSorted(worstFirst)[0]
    if (worst) return worst
    const last = await lastEvent(bus, context).catch((error: unknown) => {
      onError(error)
      return null
    })
    // Who has just begun to listen cannot call anybody silent.
    if (last !== null && now - startedMs <= silentAfterMs) return last
    return silent(service, last)
  }
  return {
    start: () => {
      for (const context of contexts) listening.push(bus.listen(schemaSubject(context), hear))
    },
    stop: async () => {
      await Promise.all(listening.splice(0).map((each) => each.stop()))
    },
    all: () => Promise.all(contexts.map(reportOf)),
  }
}

const order = ['drift', 'verified', 'unverifiable']

/** Replicas of one version agree but for moments; what one found the others will find. */
function worstFirst(a: SchemaReport, b: SchemaReport): number {
  return order.indexOf(a.status) - order.indexOf(b.status)
}

async function lastEvent(bus: Pick<EventBus, 'last'>, context: Context): Promise<SchemaReport | null> {
  const { verified, driftDetected, driftResolved } = schemaContracts[context]
  const messages = await Promise.all(
    [driftResolved, driftDetected, verified].map(({ subject }) => bus.last(context.toUpperCase(), subject)),
  )
  const reports = messages.flatMap((message) =>
    message === null ? [] : fromEvent(decodeEvent(message).data),
  )
  return reports.toSorted((a, b) => (b.lastVerifiedAt ?? '').localeCompare(a.lastVerifiedAt ?? ''))[0] ?? null
}

function fromEvent(data: unknown): SchemaReport[] {
  const told = data as { readonly verifiedAt?: string; readonly findings?: unknown[]; resolvedAt?: string }
  const resolved = told.resolvedAt !== undefined
  const { success, data: report } = schemaReportSchema.safeParse({
    change: null,
    incidentId: null,
    detectedAt: null,
    ...told,
    ...(resolved ? { incidentId: null, detectedAt: null } : {}),
    status: (told.findings ?? []).length > 0 ? 'drift' : 'verified',
    lastVerifiedAt: told.verifiedAt,
    unverifiable: null,
    ddlNotification: null,
    aheadBy: [],
  })
  return success ? [report] : []
}

function silent(service: string, last: SchemaReport | null): SchemaReport {
  const nothing = {
    service,
    manifestHash: null,
    databaseHash: null,
    lastVerifiedAt: null,
    trigger: null,
    findings: [],
    capabilities: {},
    incidentId: null,
    detectedAt: null,
    change: null,
    ddlNotification: null,
    aheadBy: [],
    instanceId: null,
  }
  const message =
    last === null
      ? 'This service has never told how its schema stands.'
      : 'This service is silent; what is shown is the last that was heard.'
  return { ...nothing, ...last, status: 'unverifiable', unverifiable: { code: 'verifier_silent', message } }
}
