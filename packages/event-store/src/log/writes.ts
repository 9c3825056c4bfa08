import { type Sql, sqlOf } from '../database/sql.ts'
import type { UnitOfWork, Write } from './event-store.ts'
import { bindingOf } from './unit-of-work.ts'

/** Writes rows in the unit's transaction, or with the append that is put off. */
export function writesOf(unit: UnitOfWork): (writes: readonly Write[]) => Promise<void> {
  return async (writes) => {
    if (writes.length === 0 || bindingOf(unit).putOff(writes)) return
    await writeNow(sqlOf(unit), writes)
  }
}

/** Several writes as one statement. */
export async function writeNow(sql: Sql, writes: readonly Write[]): Promise<void> {
  const { parts, params } = numbered(writes, 'true', [])
  await sql(`with ${parts.join(',\n')} select`, params)
}

/** The parts of one statement, their parameters numbered on after those that are there. */
export function numbered(
  writes: readonly Write[],
  onlyIf: string,
  before: readonly unknown[],
): { readonly parts: readonly string[]; readonly params: readonly unknown[] } {
  const params = [...before]
  const parts = writes.map((write, index) => {
    const text = write.text(onlyIf)
    // What does not stand under the condition would be written for a writer who has lost the race.
    if (!text.includes(onlyIf)) throw new TypeError('a write without its condition')
    const from = params.length
    params.push(...write.params)
    return `w${index} as (${text.replaceAll(/\$(\d+)/g, (_, n: string) => `$${from + Number(n)}`)})`
  })
  return { parts, params }
}
