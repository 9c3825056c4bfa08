import { defineErrors } from '@evergrant/decider'

export const contractErrors = defineErrors({
  malformed_event: { kind: 'rejected', message: 'The message is not a CloudEvent with a stream position.' },
  unknown_contract: { kind: 'rejected', message: 'No contract has this subject.' },
  invalid_event: { kind: 'rejected', message: 'The event does not match its contract.' },
})
