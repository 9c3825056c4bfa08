export { type Decider, type Fact, fold } from './decider.ts'
export {
  DomainError,
  defineErrors,
  type ErrorAction,
  type ErrorContext,
  type ErrorKind,
} from './domain-error.ts'
export type { Clock, Ids } from './time-and-ids.ts'
