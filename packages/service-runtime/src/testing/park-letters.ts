import { vi } from 'vitest'
import type { DeadLetter } from '../dead-letters/dead-letter.ts'
import type { useDeadLetters } from './use-dead-letters.ts'

/** Room for a busy machine. */
export const patience = { timeout: 15_000, interval: 50 }

/** Ways to a dead letter on each side of the service. */
export function parkingAt(service: ReturnType<typeof useDeadLetters>) {
  const listed = async (query = '') => {
    const { status, body } = await service.call('GET', `?limit=200${query}`)
    if (status !== 200) throw new Error(`the list answered ${status}`)
    return body.items as DeadLetter[]
  }
  /** The dead letter of a stream; of null: the one without an identity. */
  const letterOf = (streamId: string | null) =>
    vi.waitFor(async () => {
      service.passTime()
      const found = (await listed()).find((letter) => letter.streamId === streamId)
      if (!found) throw new Error('nothing was given up yet')
      return found
    }, patience)
  return {
    listed,
    letterOf,
    /** The second of three events of a stream meets a defect. */
    parkConsumed: async (streamId: string) => {
      service.state.fault = ({ attributes }) =>
        attributes.streamId === streamId && attributes.version === 2
          ? new TypeError('x is not a function')
          : undefined
      await service.hear(streamId, 1, 2, 3)
      return letterOf(streamId)
    },
    /** The first of two events of a stream is larger than the bus takes. */
    parkPublished: async (streamId: string) => {
      service.state.tooLarge.add(`${streamId}@1`)
      await service.say(streamId, 2)
      return letterOf(streamId)
    },
  }
}
