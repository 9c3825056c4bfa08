import type { Clock } from '@evergrant/decider'
import { createBreaker, createBreakerMetrics, type Metrics } from '@evergrant/service-runtime'
import { answerOf } from './adapters/google/google-answer.ts'
import { createGoogleCalendar } from './adapters/google/google-calendar.ts'
import { createGoogleChannels } from './adapters/google/google-channels.ts'
import { createGoogleDrive } from './adapters/google/google-drive.ts'
import { createGoogleDriveChannels } from './adapters/google/google-drive-channels.ts'
import { createGoogleEventWrites } from './adapters/google/google-event-writes.ts'
import { createGoogleMail } from './adapters/google/google-mail.ts'
import { tripsBreaker } from './domain/google-failure.ts'

/** Google's APIs, each behind its own breaker because they fail apart from each other; a part of service.ts. */
export function openGoogle(options: {
  readonly rootUrl: string
  readonly deadlineMs: number
  readonly gmailMessageUnits: number
  readonly clock: Clock
  readonly metrics: Metrics
}) {
  const { rootUrl, deadlineMs, clock } = options
  const metrics = createBreakerMetrics(options.metrics)
  const breakerOf = (api: string) =>
    createBreaker({
      name: `google.${api}`,
      timeoutMs: deadlineMs,
      isFailure: (error) => tripsBreaker(answerOf(error, clock.now())),
      metrics,
    })
  const breakers = { calendar: breakerOf('calendar'), drive: breakerOf('drive'), gmail: breakerOf('gmail') }
  const calendarApi = { rootUrl, guard: breakers.calendar, clock }
  const driveApi = { rootUrl, guard: breakers.drive, clock }
  const calendarChannels = createGoogleChannels(calendarApi)
  return {
    breakerStates: {
      calendar: breakers.calendar.state,
      drive: breakers.drive.state,
      gmail: breakers.gmail.state,
    },
    calendar: createGoogleCalendar(calendarApi),
    eventWrites: createGoogleEventWrites(calendarApi),
    channels: {
      calendar: calendarChannels,
      calendar_list: calendarChannels,
      drive: createGoogleDriveChannels(driveApi),
    },
    mail: createGoogleMail({
      rootUrl,
      guard: breakers.gmail,
      clock,
      messageUnits: options.gmailMessageUnits,
    }),
    drive: createGoogleDrive(driveApi),
  }
}
