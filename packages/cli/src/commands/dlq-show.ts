import { type DeadLetter, eventOf, fullId, pathOf, printable } from '../dead-letters.ts'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { table } from '../table.ts'

interface ShownDeadLetter extends DeadLetter {
  readonly lastAttemptAt: string | null
  readonly envelope: Readonly<Record<string, string>>
  readonly payload: { readonly bytes: number; readonly sha256: string }
}

/** Everything about one dead letter that may be read. */
export async function dlqShow(
  id: string,
  options: ApiOptions & { readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const path = pathOf(id)
  const api = await gatewayApi(operator(options), surroundings)
  const letter = await api.ask<ShownDeadLetter>('GET', path)
  const { write } = surroundings
  if (options.json) write(JSON.stringify(letter, null, 2))
  else {
    write(sentence(letter))
    write(
      table(
        ['', ''],
        [
          ['why', letter.reason],
          ['subject', letter.subject],
          ['from', letter.source ?? 'unknown'],
          ['attempts', String(letter.attempts)],
          ['first seen', letter.firstSeenAt],
          ['last tried', letter.lastAttemptAt ?? 'not by anybody since'],
          ['payload', `${letter.payload.bytes} bytes, sha256 ${letter.payload.sha256}`],
          ...Object.entries(letter.envelope),
        ].map(([name = '', value = '']) => [printable(name), printable(value)]),
      ).trimStart(),
    )
  }
  return exitCodes.held
}

function sentence(letter: ShownDeadLetter): string {
  const could = letter.side === 'consumer' ? 'apply' : 'publish'
  const { waitingBehind } = letter
  const behind =
    waitingBehind === 0
      ? 'nothing waits behind it'
      : `${waitingBehind} ${waitingBehind === 1 ? 'event waits' : 'events wait'} behind it`
  return `${fullId(letter)}: ${letter.service} could not ${could} ${eventOf(letter)}; ${behind}.`
}
