import { defineErrors } from '@evergrant/decider'

/** What can go wrong around the processes; every message says what to do. */
export const stackErrors = defineErrors({
  process_not_ready: { kind: 'unavailable', message: 'a process of the stack did not become ready' },
  tool_missing: { kind: 'unavailable', message: 'a program the stack needs was not found' },
  port_taken: { kind: 'conflict', message: 'a wanted port is taken by another program' },
  already_running: { kind: 'conflict', message: 'a stack already runs on this data directory' },
  bad_option: { kind: 'rejected', message: 'an option of the stack is not valid' },
  foreign_server_unusable: { kind: 'unavailable', message: 'a server that was given cannot be used' },
})
