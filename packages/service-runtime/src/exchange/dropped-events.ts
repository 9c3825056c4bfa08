import { droppedContracts } from '@evergrant/event-contracts'
import type { EventHandlers } from '@evergrant/event-store'
import type { Logger } from '../log/logger.ts'

/** What a publisher gave up on, this service will never hear: whoever looks for why something is missing finds it here. */
export function droppedEventHandlers(logger: Logger): EventHandlers {
  return Object.fromEntries(
    Object.values(droppedContracts).map(({ subject }) => [
      subject,
      async ({ attributes: { source, streamId, version }, data }) =>
        logger.warn({ source, streamId, version, dropped: data }, 'a publisher dropped an event'),
    ]),
  )
}
