import { migrate } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { describe, expect, it } from 'vitest'
import { serviceSchemas } from '../../docs/generate/schema-manifests.ts'
import { holdPreviousRelease, tell } from '../n-minus-1/hold-release.ts'

const root = `${import.meta.dirname}/../..`

describe.each(serviceSchemas.map((schema) => [schema.contract.service, schema.migrations] as const))(
  'the previous release of %s',
  (service, migrations) => {
    const database = useDatabase({
      template: { name: service.replace('-', '_'), migrate: (url) => migrate({ url, migrations }) },
    })

    it("finds everything it needs in today's schema, as far as git knows it", async () => {
      const verdict = await holdPreviousRelease({
        root,
        service,
        migrations: migrations.map(({ name }) => name),
        url: database.url,
        role: 'evergrant_test_service',
      })
      // A shallow clone proves nothing, and that must be seen: `.ci/run --strict` fails on it.
      if (verdict.kind === 'unknown') process.stderr.write(`${tell(service, verdict)}\n`)
      expect(verdict.kind, tell(service, verdict)).not.toBe('breaks')
    })
  },
)
