import { invalidArgument } from './access.ts'
import type { MessageRecord } from './mailbox-record.ts'

type Matches = (message: MessageRecord) => boolean

/** The part of Gmail's search language the emulator knows: words, `from:`, `to:`, `subject:`, `label:`, `in:`, `is:`,
 * `after:` and `before:` (seconds or `2026/01/31`), all of which must hold.
 * @throws GoogleError 400 for another operator, where Google would quietly find something else */
export function searchFor(text: string): Matches {
  const terms = (text.match(/(?:\w+:)?(?:"[^"]*"|\S+)/g) ?? []).map(termOf)
  return (message) => terms.every((matches) => matches(message))
}

function termOf(term: string): Matches {
  const [, operator, quoted = ''] = /^(?:(\w+):)?(.*)$/s.exec(term) ?? []
  const value = quoted.replaceAll('"', '').toLowerCase()
  switch (operator) {
    case undefined:
      return (message) => `${header(message, 'subject')} ${message.snippet.toLowerCase()}`.includes(value)
    case 'from':
    case 'to':
    case 'subject':
      return (message) => header(message, operator).includes(value)
    case 'label':
    case 'in':
    case 'is':
      return (message) => message.labelIds.some((id) => id.toLowerCase() === value)
    case 'after':
      return (message) => message.internalDate >= instantOf(value)
    case 'before':
      return (message) => message.internalDate < instantOf(value)
    default:
      throw invalidArgument(`The emulator does not know the search operator ${operator}`)
  }
}

const header = (message: MessageRecord, name: string) =>
  message.headers.find((one) => one.name.toLowerCase() === name)?.value.toLowerCase() ?? ''

const instantOf = (value: string) =>
  /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(`${value.replaceAll('/', '-')}T00:00:00Z`)
