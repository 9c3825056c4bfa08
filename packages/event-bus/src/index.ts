export { busErrors } from './errors.ts'
export type {
  BatchOutcome,
  BusService,
  BusStatus,
  ConsumerLag,
  EventBus,
  MessageToPublish,
  OldestUnprocessed,
  PublishOutcome,
  Reply,
  RequestHandler,
  Running,
  StreamDeclaration,
  Subscription,
} from './event-bus.ts'
export { connectEventBus, type EventBusOptions } from './nats-event-bus.ts'
