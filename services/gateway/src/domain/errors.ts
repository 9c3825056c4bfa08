import { defineErrors } from '@evergrant/decider'

export const gatewayErrors = defineErrors({
  service_unavailable: {
    kind: 'unavailable',
    message: 'No replica of the service behind this path answers.',
  },
  outcome_unknown: {
    kind: 'unavailable',
    message:
      'The service stopped answering; whether the request took effect is not known. Look before you repeat it.',
  },
})
