import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { allContracts, headersOf } from '@evergrant/event-contracts'

/** One file a contract: every example it ever had, oldest first. An old entry is never changed or removed, so
 * that today's code is proven against all of them. */
export function goldenFiles(root: string): Record<string, string> {
  return Object.fromEntries(
    allContracts.map((contract) => {
      const path = `packages/event-contracts/golden/${contract.subject}.json`
      const file = join(root, path)
      const entries = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
      const data = contract.schema.parse(contract.example)
      const headers = headersOf({
        source: `${contract.context}-service`,
        streamId: 'example',
        version: 1,
        type: contract.type,
        time: '2026-11-23T10:00:00.000Z',
      })
      const known = entries.length > 0 && isDeepStrictEqual(entries.at(-1).data, data)
      return [path, `${JSON.stringify(known ? entries : [...entries, { headers, data }], null, 2)}\n`]
    }),
  )
}
