import { quoted, quotedRelation } from '../catalog/identifier.ts'
import type { Access } from '../diff/difference.ts'
import type { TableUse } from '../manifest/contract.ts'

export interface Probe {
  readonly access: Access
  readonly text: string
}

/** One statement for each way a capability uses a table, naming what it names. They are only explained, never run:
 * PostgreSQL then resolves names, types and conflict targets, and checks rights. */
export function probesOf(use: TableUse): Probe[] {
  const table = quotedRelation(use.table)
  const list = (columns: readonly string[]) => columns.map(quoted).join(', ')
  const probes: Probe[] = []
  if (use.reads !== undefined)
    probes.push({ access: 'read', text: `select ${list(use.reads)} from ${table}` })
  if (use.inserts !== undefined)
    probes.push({
      access: 'insert',
      text: `insert into ${table} (${list(use.inserts)}) values (${use.inserts.map(() => 'null').join(', ')})${onConflict(use)}`,
    })
  if (use.updates !== undefined && use.updates.length > 0)
    probes.push({
      access: 'update',
      text: `update ${table} set ${use.updates.map((column) => `${quoted(column)} = null`).join(', ')}`,
    })
  if (use.deletes === true) probes.push({ access: 'delete', text: `delete from ${table}` })
  return probes
}

function onConflict({ conflictOn, updates = [] }: TableUse): string {
  if (conflictOn === undefined) return ''
  const changes = updates.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')
  return ` on conflict (${conflictOn.map(quoted).join(', ')}) do ${changes === '' ? 'nothing' : `update set ${changes}`}`
}
