import { loadManifest } from '@evergrant/schema-verification'
import { createSchemaVerification, type SchemaVerificationOptions } from '@evergrant/service-runtime'
import {
  createServiceReports,
  type ServiceReportsOptions,
} from './adapters/schema-reports/service-reports.ts'

const manifest = new URL('../schema.manifest.json', import.meta.url)

type Outside = Omit<SchemaVerificationOptions, 'context' | 'manifest' | 'bus'> & {
  readonly bus: SchemaVerificationOptions['bus'] & ServiceReportsOptions['bus']
}

/** Our own schema, and what the other services tell of theirs. */
export function watchSchema(outside: Outside) {
  const { bus, clock, logger } = outside
  const schema = createSchemaVerification({
    ...outside,
    context: 'token',
    manifest: loadManifest(manifest, 'token-service'),
  })
  const reports = createServiceReports({
    bus,
    contexts: ['oauth', 'calendar'],
    clock,
    onError: (error) => logger.warn({ err: error }, 'the schema report of a service could not be read'),
  })
  return {
    schema,
    schemaReports: async () => [schema.report(), ...(await reports.all())],
    start: async () => {
      reports.start()
      await schema.start()
    },
    stop: async () => {
      await schema.stop()
      await reports.stop()
    },
  }
}
