import { quoted, quotedRelation } from '../catalog/identifier.ts'
import type { Sql } from '../catalog/sql.ts'
import { capabilitiesHit } from '../diff/capability-impact.ts'
import { type Access, type Difference, findingOf } from '../diff/difference.ts'
import type { Finding } from '../diff/finding.ts'
import type { Canary, SchemaContract } from '../manifest/contract.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { type Probe, probesOf } from './probe-statements.ts'

/**
 * What the catalog cannot tell: whether the statements of the contract would run, and whether a row that could be real
 * gets in and comes back as it went in. `sql` must be one session without a transaction, of the service's own role.
 * Nothing it does is ever committed; a sequence may advance.
 */
export async function probeSchema(sql: Sql, { contract }: Manifest): Promise<Finding[]> {
  await sql('begin')
  try {
    // A lock somebody else holds is no drift, and nobody shall wait for a probe.
    await sql(`set local lock_timeout = '500ms'`)
    const found: Finding[] = []
    for (const { text, access, table, capabilities } of probesOfAll(contract)) {
      const failure = await failureOf(sql, () => sql(`explain ${text}`))
      if (failure !== undefined) found.push(findingOf(failed(table, access, failure, text), capabilities))
    }
    const sick = new Set(found.map(({ path }) => path))
    for (const canary of contract.canaries) {
      // Where a statement fails already, a row that cannot be written says nothing more.
      if (sick.has(canary.table)) continue
      const failure = await failureOf(sql, () => fly(sql, canary))
      if (failure === undefined) continue
      const difference = failed(canary.table, 'insert', failure, 'a canary row')
      found.push(findingOf(difference, capabilitiesHit(difference, contract)))
    }
    return found
  } finally {
    await sql('rollback')
  }
}

interface ContractProbe extends Probe {
  readonly table: string
  readonly capabilities: readonly string[]
}

/** Each statement once, with everybody who relies on it. */
function probesOfAll({ capabilities }: SchemaContract): ContractProbe[] {
  const probes = new Map<string, ContractProbe>()
  for (const [name, { uses }] of Object.entries(capabilities))
    for (const use of uses)
      for (const probe of probesOf(use)) {
        const known = probes.get(probe.text)?.capabilities ?? []
        probes.set(probe.text, { ...probe, table: use.table, capabilities: [...new Set([...known, name])] })
      }
  return [...probes.values()]
}

interface Failure {
  readonly code: string
  readonly message: string
}

// 55P03 lock not available and 40P01 deadlock say something about the moment, not about the schema.
const momentary = new Set(['55P03', '40P01', '57014'])

async function failureOf(sql: Sql, work: () => Promise<unknown>): Promise<Failure | undefined> {
  await sql('savepoint probe')
  try {
    await work()
    await sql('release savepoint probe')
    return undefined
  } catch (error) {
    await sql('rollback to savepoint probe')
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error
    return momentary.has(error.code) ? undefined : { code: error.code, message: error.message }
  }
}

async function fly(sql: Sql, { table, row }: Canary): Promise<void> {
  const columns = Object.keys(row)
  const given = columns.map((column, n) => `$${n + 1}::text as ${quoted(column)}`)
  const list = columns.map(quoted).join(', ')
  // By text and back: what comes back is compared as PostgreSQL itself writes it.
  const [types = {}] = await sql<Record<string, string>>(
    `select ${columns.map((column) => `pg_typeof(t.${quoted(column)})::text as ${quoted(column)}`).join(', ')}
       from (select 1) one left join ${quotedRelation(table)} t on false`,
  )
  const cast = columns.map((column) => `g.${quoted(column)}::${types[column]} as ${quoted(column)}`)
  const rows = await sql<{ same: boolean }>(
    `with given as (select ${cast.join(', ')} from (select ${given.join(', ')}) g),
          written as (insert into ${quotedRelation(table)} (${list}) select ${list} from given returning ${list})
     select (select w::text from written w) = (select g::text from given g) as same`,
    Object.values(row).map((value) => (value === null ? null : String(value))),
  )
  if (rows[0]?.same !== true)
    throw Object.assign(new Error('a row that was written came back as another one, or not at all'), {
      code: 'canary_changed',
    })
}

function failed(table: string, access: Access, { code, message }: Failure, what: string): Difference {
  return {
    path: table,
    kind: 'probe_failed',
    class: code === 'canary_changed' ? 'silent' : access === 'read' ? 'breaking_read' : 'breaking_write',
    expected: what,
    actual: `${code}: ${message}`,
    explanation: `A statement that the code relies on does not work on ${table} (${code}): ${message}.`,
    touches: [{ table, access: [access] }],
  }
}
