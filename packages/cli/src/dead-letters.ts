import type { GatewayApi } from './gateway-api.ts'
import { CommandEnd, couldNotCheck } from './outcome.ts'

/** As `GET /v1/dead-letters/{service}` lists it; its `id` is unique within its service. */
export interface DeadLetter {
  readonly id: string
  readonly service: string
  readonly side: 'consumer' | 'publisher'
  readonly code: string
  readonly reason: string
  readonly subject: string
  readonly type: string | null
  readonly source: string | null
  readonly streamId: string | null
  readonly version: number | null
  readonly attempts: number
  readonly firstSeenAt: string
  readonly waitingBehind: number
}

export interface NotAsked {
  readonly service: string
  readonly why: string
}

/** What these services have given up on. One that cannot be asked does not hide the others. */
export async function deadLettersOf(
  api: GatewayApi,
  services: readonly string[],
): Promise<{ readonly items: readonly DeadLetter[]; readonly notAsked: readonly NotAsked[] }> {
  const answers = await Promise.all(
    services.map(async (service) => {
      try {
        return { items: await allOf(api, service), notAsked: [] }
      } catch (error) {
        if (!(error instanceof CommandEnd)) throw error
        return { items: [], notAsked: [{ service, why: error.message }] }
      }
    }),
  )
  return {
    items: answers.flatMap(({ items }) => items),
    notAsked: answers.flatMap(({ notAsked }) => notAsked),
  }
}

async function allOf(api: GatewayApi, service: string): Promise<readonly DeadLetter[]> {
  const items: DeadLetter[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { items: DeadLetter[]; nextCursor: string | null } = await api.ask(
      'GET',
      `/v1/dead-letters/${service}?limit=200${query}`,
    )
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

/** The id people type: `token-service/consumer-17`. */
export function fullId({ service, id }: Pick<DeadLetter, 'service' | 'id'>): string {
  return `${service}/${id}`
}

/** Where a dead letter is decided about.
 * @throws CommandEnd (could not check) for what is no id of ours. */
export function pathOf(id: string): string {
  if (!/^[a-z-]+-service\/(consumer|publisher)-[0-9]+$/.test(id))
    throw couldNotCheck(`${id} is no dead letter; see evergrant dlq list`)
  return `/v1/dead-letters/${id}`
}

/** For a terminal: a third party may have put anything into a header, also what moves a cursor or hides a line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd')
}

/** One line for people: which event, of what. */
export function eventOf({ type, subject, streamId, version }: DeadLetter): string {
  const name = (type ?? subject).split('.').at(-2) ?? subject
  return printable(streamId === null ? `${name} without an identity` : `${name} ${streamId}@${version}`)
}
