import type { VerificationReport } from '@evergrant/schema-verification'
import {
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { createDriftStanding } from '@evergrant/service-runtime/testing'

export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

/** What callers of each capability hear after a report: routes as services declare them, on the app that services use. */
export function answersAfter(report: VerificationReport): Promise<ReadonlyMap<string, Answer>> {
  const standing = createDriftStanding(systemClock)
  standing.accept(report)
  const app = createHttpApp({
    ...{ name: 'spec', version: '0', clock: systemClock, ids: uuidv7Ids, metrics: createMetrics('spec') },
    logger: createLogger({ name: 'spec', level: 'fatal' }),
    quotas: null,
    health: createHealth({ clock: systemClock }),
    schema: {
      demand: standing.demand,
      report: () => ({
        ...{ ...report, detectedAt: null, change: null, instanceId: null, findings: [] },
        ...{ aheadBy: [...report.aheadBy], incidentId: standing.incident()?.incidentId ?? null },
      }),
    },
  })
  const capabilities = Object.keys(report.capabilities)
  for (const capability of capabilities)
    app.get(`/${capability}`, { config: { access: 'public', capability } }, async () => ({}))
  return askEach(app, capabilities).finally(() => app.close())
}

async function askEach(
  app: ReturnType<typeof createHttpApp>,
  capabilities: readonly string[],
): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>()
  for (const capability of capabilities) {
    const { statusCode, headers, body } = await app.inject(`/${capability}`)
    answers.set(capability, { status: statusCode, retryAfter: headers['retry-after'] as string, body })
  }
  return answers
}
