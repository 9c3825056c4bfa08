import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allContracts } from '@evergrant/event-contracts'
import { type ContractSchemas, isContinued, schemasOf } from '@evergrant/event-contracts/testing'

/** One file a contract: every schema it ever had, oldest first. A schema that changes becomes another revision behind the
 * others; `npm run check` holds each against all (test/support/check-contracts.ts). */
export function contractSchemaFiles(root: string): Record<string, string> {
  return Object.fromEntries(
    allContracts.map((contract) => {
      const path = `packages/event-contracts/schemas/${contract.subject}.json`
      const file = join(root, path)
      const revisions: ContractSchemas[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
      const today = schemasOf(contract)
      const known = isContinued([today], revisions.slice(-1))
      return [path, `${JSON.stringify(known ? revisions : [...revisions, today], null, 2)}\n`]
    }),
  )
}
