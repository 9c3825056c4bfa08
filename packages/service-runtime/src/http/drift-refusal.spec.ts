import { describe, expect, it } from 'vitest'
import { runtimeErrors } from '../errors.ts'
import { nameDrift } from './drift-refusal.ts'
import type { SchemaGuard } from './schema-guard.ts'

const schema = (incidentId: string | null) =>
  ({ report: () => ({ incidentId }), demand: () => undefined }) as unknown as SchemaGuard
const databaseError = (code: string) =>
  new Error('wrapped', { cause: Object.assign(new Error('column "scope" does not exist'), { code }) })

describe('a database error behind a request', () => {
  it.each(['42703', '42P01', '42804', '42501', '42P10'])(
    'is schema drift when PostgreSQL says %s',
    (code) => {
      expect(nameDrift(databaseError(code), schema(null))).toMatchObject({ code: 'schema_drift' })
    },
  )

  it.each(['23502', '23514', '22P02', '0A000'])('is drift for %s only while drift is known', (code) => {
    const error = databaseError(code)
    expect(nameDrift(error, schema(null))).toBe(error)
    expect(nameDrift(error, schema('incident-1'))).toMatchObject({
      code: 'schema_drift',
      context: { retryAfterSeconds: expect.any(Number), extensions: { incidentId: 'incident-1' } },
    })
  })

  it('keeps every other error as it is', () => {
    for (const error of [new Error('a defect'), databaseError('08006'), runtimeErrors.invalid_token()]) {
      expect(nameDrift(error, schema('incident-1'))).toBe(error)
    }
  })

  it('gets the incident where a service named the drift itself', () => {
    const named = runtimeErrors.schema_drift({ retryAfterSeconds: 30 })
    expect(nameDrift(named, schema('incident-1'))).toMatchObject({
      context: { retryAfterSeconds: 30, extensions: { incidentId: 'incident-1' } },
    })
    expect(nameDrift(named, undefined)).toMatchObject({ code: 'schema_drift' })
  })
})
