import type { NewMessage } from '../gmail/new-message.ts'
import { randomFrom } from './random.ts'

const people = ['ana', 'ben', 'chen', 'dara', 'eli', 'fay', 'gus', 'hana']
const subjects = [
  'Invoice',
  'Lunch?',
  'Minutes',
  'Re: Offer',
  'Your order',
  'Newsletter',
  'Photos',
  'Question',
]

/** As many messages as asked, a minute apart from `from` on; some are unread, starred or in a thread with others. */
export function* generatedMessages(plan: {
  count: number
  seed: number
  from: number
}): Generator<NewMessage> {
  const random = randomFrom(plan.seed)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
  let threadId = ''
  for (let index = 0; index < plan.count; index += 1) {
    const id = `${plan.seed.toString(16).padStart(4, '0')}${index.toString(16).padStart(12, '0')}`
    if (threadId === '' || random() < 0.7) threadId = id
    const kind = random()
    const category = kind < 0.2 ? ['CATEGORY_PROMOTIONS'] : kind < 0.3 ? ['STARRED'] : []
    yield {
      id,
      threadId,
      subject: `${pick(subjects)} ${index}`,
      from: `${pick(people)}@example.com`,
      date: new Date(plan.from + index * 60_000).toISOString(),
      labelIds: [...(kind > 0.95 ? ['SENT'] : ['INBOX']), ...category, ...(random() < 0.3 ? ['UNREAD'] : [])],
    }
  }
}
