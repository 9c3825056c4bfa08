/**
 * What a call costs in its API's own units, as Google documents them for projects made since May 2026:
 * developers.google.com/workspace/calendar/api/guides/quota, /gmail/api/reference/quota, /drive/api/guides/limits.
 * Older projects have other numbers; which differ by more than nothing is configuration.
 */
export const callCosts = {
  calendar: { request: 1 },
  gmail: { profile: 1, messageList: 5, history: 2, watch: 100, stop: 50 },
  drive: { list: 100, other: 5 },
} as const
