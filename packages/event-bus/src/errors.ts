import { defineErrors } from '@evergrant/decider'

export const busErrors = defineErrors({
  bus_misconfigured: {
    kind: 'internal',
    message: 'The message bus does not give a guarantee that events depend on.',
  },
  bus_unavailable: {
    kind: 'unavailable',
    message: 'The message bus cannot be reached right now.',
  },
  bus_closed: {
    kind: 'unavailable',
    message: 'The connection to the message bus is closed.',
  },
})
