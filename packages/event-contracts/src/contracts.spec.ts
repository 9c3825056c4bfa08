import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allContracts, contracts, decodeEvent, encodeEvent, publication } from './contracts.ts'

const golden = join(import.meta.dirname, '../golden')
const attributes = {
  source: 'token-service',
  streamId: 'grant-1',
  version: 3,
  time: '2026-11-23T10:00:00.000Z',
}

/** Every property name in a contract, with its JSON schema, however deep. */
function properties(schema: z.core.JSONSchema.BaseSchema): [string, z.core.JSONSchema.BaseSchema][] {
  const children = Object.entries(schema.properties ?? {}) as [string, z.core.JSONSchema.BaseSchema][]
  const items = schema.items as z.core.JSONSchema.BaseSchema | undefined
  return [
    ...children,
    ...children.flatMap(([, child]) => properties(child)),
    ...(items ? properties(items) : []),
  ]
}

const namesASecret =
  /token|secret|password|verifier|nonce|credential|(^|_)code$|authorizationCode|privateKey/i

describe.each(allContracts)('$name', (contract) => {
  it('reads back what it wrote', () => {
    const event = decodeEvent(
      encodeEvent({ contract, data: contract.schema.parse(contract.example) }, attributes),
    )
    expect(event.contract).toBe(contract)
    expect(event.attributes).toEqual({ ...attributes, type: contract.type })
    expect(event.data).toEqual(contract.schema.parse(contract.example))
  })

  it('reads every golden file ever committed, and the newest is its example', () => {
    const file = JSON.parse(readFileSync(join(golden, `${contract.subject}.json`), 'utf8'))
    for (const { headers, data } of file) {
      const payload = new TextEncoder().encode(JSON.stringify(data))
      expect(decodeEvent({ subject: contract.subject, headers, payload }).contract).toBe(contract)
    }
    expect(file.at(-1).data).toEqual(contract.schema.parse(contract.example))
  })

  it('has no field that could hold a token, code or key in the clear', () => {
    const schema = z.toJSONSchema(contract.schema, { io: 'output' })
    const suspicious = properties(schema)
      .filter(([name, child]) => namesASecret.test(name) && !cannotHoldASecret(child))
      .map(([name]) => name)
    expect(suspicious).toEqual([])
  })

  it('ignores fields it does not know, so publishers may grow it', () => {
    const payload = new TextEncoder().encode(JSON.stringify({ ...(contract.example as object), later: 1 }))
    const message = encodeEvent({ contract, data: contract.schema.parse(contract.example) }, attributes)
    expect(decodeEvent({ ...message, payload }).data).not.toHaveProperty('later')
  })
})

/** A yes or no, a number, a time; or a compact JWE, whose five parts a clear token cannot match. */
function cannotHoldASecret(schema: z.core.JSONSchema.BaseSchema): boolean {
  if (schema.anyOf)
    return schema.anyOf.every((option) => cannotHoldASecret(option as z.core.JSONSchema.BaseSchema))
  if (['boolean', 'integer', 'number', 'null'].includes(String(schema.type))) return true
  if (schema.format === 'date-time') return true
  return typeof schema.pattern === 'string' && schema.pattern.split('\\.').length === 5
}

describe('contracts', () => {
  it('have a golden file each, and no golden file is orphaned', () => {
    expect(readdirSync(golden).sort()).toEqual(allContracts.map(({ subject }) => `${subject}.json`).sort())
  })

  it('refuse to carry an access token where sealed tokens belong', () => {
    const data = { ...contracts.tokenIssued.example, sealedTokens: 'ya29.a0AfH6SMBx' }
    expect(() => encodeEvent(publication(contracts.tokenIssued, data), attributes)).toThrow(
      expect.objectContaining({ code: 'invalid_event' }),
    )
  })

  it.each([
    ['an unknown subject', { subject: 'evergrant.token.nothing.v1' }, 'unknown_contract'],
    ['no ce-id', { headers: { 'ce-specversion': '1.0' } }, 'malformed_event'],
    ['bytes that are not JSON', { payload: new Uint8Array([0xff, 0x00]) }, 'invalid_event'],
    ['data of another shape', { payload: new TextEncoder().encode('{"grantId":7}') }, 'invalid_event'],
  ])('refuse %s', (_what, broken, code) => {
    const message = encodeEvent(
      publication(contracts.grantRevoked, contracts.grantRevoked.example),
      attributes,
    )
    expect(() => decodeEvent({ ...message, ...broken })).toThrow(expect.objectContaining({ code }))
  })
})
