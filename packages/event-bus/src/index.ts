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
  ReadFrom,
  Reply,
  RequestHandler,
  Running,
  StoredMessage,
  StreamDeclaration,
  Subscription,
} from './event-bus.ts'
export { connectEventBus, type EventBusOptions } from './nats-event-bus.ts'
