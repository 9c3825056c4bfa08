import type { EventBus } from '@evergrant/event-bus'
import type { Context } from '@evergrant/event-contracts'
import {
  newestRewind,
  type RewindWatch,
  type RewindWatchOptions,
  watchForRewinds,
} from '@evergrant/event-store'
import type { Logger } from '../log/logger.ts'
import { measureGauge } from '../measured-gauge.ts'
import type { Metrics } from '../metrics.ts'
import { serviceOf, streamOf } from './subjects.ts'

/** The service's own stream on the bus is what it compares its database with; what it finds is logged and measured. */
export function watchExchangeRewinds(
  options: Pick<RewindWatchOptions, 'database' | 'store' | 'clock'> & {
    readonly onRewound: RewindWatchOptions['onRewound'] | undefined
    readonly bus: EventBus
    readonly context: Context
    readonly logger: Logger
    readonly metrics: Metrics
    readonly onError: (error: unknown) => void
  },
): RewindWatch {
  const { database, store, clock, bus, context, logger, onRewound } = options
  measureGauge(options.metrics, {
    name: 'evergrant_database_rewound_timestamp_seconds',
    help: 'When the database was last found put back to an earlier state, Unix time; 0 when it never was.',
    read: async () => {
      const newest = await newestRewind({ database })
      return [{ labels: {}, value: newest ? newest.foundAt.getTime() / 1_000 : 0 }]
    },
    onError: options.onError,
  })
  return watchForRewinds({
    database,
    store,
    source: serviceOf(context),
    readPublished: (from) => bus.stored(streamOf(context).name, from),
    clock,
    ...(onRewound === undefined ? {} : { onRewound }),
    onFound: ({ streams, publications }) =>
      logger.error(
        { streams, publications },
        'the database was put back to an earlier state; it has lost publications that others know',
      ),
  })
}
