/** Time comes in from outside, so that decisions can be tested at any hour. */
export interface Clock {
  now(): Date
}

/** New ids come in from outside; UUIDv7 in production, so they sort by creation. */
export interface Ids {
  next(): string
}
