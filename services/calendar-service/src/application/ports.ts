export type * from './ports/asking-google.ts'
export type * from './ports/push-channels.ts'
export type * from './ports/resources-and-runs.ts'
export type * from './ports/the-copy.ts'
