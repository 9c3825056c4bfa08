import type { Clock } from '@evergrant/decider'
import { createBreaker, createBreakerMetrics, type Metrics } from '@evergrant/service-runtime'
import { answerOf } from './adapters/google/google-answer.ts'
import { createGoogleCalendar } from './adapters/google/google-calendar.ts'
import type { GoogleApiOptions } from './adapters/google/google-call.ts'
import { createGoogleChannels } from './adapters/google/google-channels.ts'
import { createGoogleDrive } from './adapters/google/google-drive.ts'
import { createGoogleDriveChannels } from './adapters/google/google-drive-channels.ts'
import { createGoogleEventWrites } from './adapters/google/google-event-writes.ts'
import { createGoogleMail } from './adapters/google/google-mail.ts'
import { createGoogleMailboxWatch } from './adapters/google/google-mailbox-watch.ts'
import type { GoogleChannels, Watched } from './application/ports.ts'
import { tripsBreaker } from './domain/google-failure.ts'

/** Google's APIs, each behind its own breaker because they fail apart from each other; a part of service.ts. */
export function openGoogle(options: {
  readonly rootUrl: string
  readonly deadlineMs: number
  readonly gmailMessageUnits: number
  /** Where Google is to call; null when it could not. */
  readonly pushAddress: string | null
  /** Where Gmail is to publish; null when nobody would hear. */
  readonly gmailTopic: string | null
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
  const gmailApi = { rootUrl, guard: breakers.gmail, clock }
  return {
    breakerStates: {
      calendar: breakers.calendar.state,
      drive: breakers.drive.state,
      gmail: breakers.gmail.state,
    },
    calendar: createGoogleCalendar(calendarApi),
    eventWrites: createGoogleEventWrites(calendarApi),
    channels: channelsFor(options, { calendarApi, driveApi, gmailApi }),
    mail: createGoogleMail({ ...gmailApi, messageUnits: options.gmailMessageUnits }),
    drive: createGoogleDrive(driveApi),
  }
}

/** For what can be watched from here. */
function channelsFor(
  { pushAddress, gmailTopic }: { readonly pushAddress: string | null; readonly gmailTopic: string | null },
  apis: Readonly<Record<'calendarApi' | 'driveApi' | 'gmailApi', GoogleApiOptions>>,
): Readonly<Partial<Record<Watched['kind'], GoogleChannels>>> {
  const mailbox =
    gmailTopic === null
      ? {}
      : { mailbox: createGoogleMailboxWatch({ ...apis.gmailApi, topicName: gmailTopic }) }
  if (pushAddress === null) return mailbox
  const calendar = createGoogleChannels({ ...apis.calendarApi, address: pushAddress })
  const drive = createGoogleDriveChannels({ ...apis.driveApi, address: pushAddress })
  return { ...mailbox, calendar, calendar_list: calendar, drive }
}
