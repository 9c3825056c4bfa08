import { z } from 'zod'

// PostgreSQL's jsonb refuses NUL and lone surrogates; nobody means them.
const isStorable = (text: string) => !text.includes('\u0000') && text.isWellFormed()
const textSchema = z.string().refine(isStorable, { error: 'has characters no calendar can keep' })
const anyObject = z.record(z.string(), z.unknown())

const timeSchema = z.strictObject({
  date: z.iso.date().nullish(),
  dateTime: z.iso.datetime({ offset: true, local: true }).nullish(),
  timeZone: textSchema.nullish(),
})
const startOrEnd = timeSchema.refine(({ date, dateTime }) => (date == null) !== (dateTime == null), {
  error: 'has either a date or a dateTime',
})

/** What Google lets a client set (developers.google.com/workspace/calendar/api/v3/reference/events). */
const settable = {
  summary: textSchema.nullish(),
  description: textSchema.nullish(),
  location: textSchema.nullish(),
  colorId: textSchema.nullish(),
  status: z.enum(['confirmed', 'tentative']).optional(),
  recurrence: z.array(textSchema).max(100).nullish(),
  attendees: z
    .array(z.looseObject({ email: textSchema }))
    .max(1000)
    .nullish(),
  reminders: anyObject.optional(),
  transparency: textSchema.nullish(),
  visibility: textSchema.nullish(),
  sequence: z.int().nonnegative().optional(),
  extendedProperties: anyObject.nullish(),
  conferenceData: anyObject.nullish(),
  attachments: z.array(anyObject).max(25).nullish(),
  source: anyObject.nullish(),
  anyoneCanAddSelf: z.boolean().optional(),
  guestsCanInviteOthers: z.boolean().optional(),
  guestsCanModify: z.boolean().optional(),
  guestsCanSeeOtherGuests: z.boolean().optional(),
  workingLocationProperties: anyObject.optional(),
  outOfOfficeProperties: anyObject.optional(),
  focusTimeProperties: anyObject.optional(),
  birthdayProperties: anyObject.optional(),
}

interface Times {
  readonly start?: z.infer<typeof timeSchema> | undefined
  readonly recurrence?: readonly string[] | null | undefined
}

/** A series on a wall needs to say on whose. */
function seriesHasZone({ start, recurrence }: Times): boolean {
  return !recurrence?.length || start === undefined || start.dateTime == null || start.timeZone != null
}
const zoneMissing = { error: 'a recurring event with times needs a timeZone', path: ['start', 'timeZone'] }

function storesWhole(body: object): boolean {
  return !/\\u(?:0000|d[89a-f])/i.test(JSON.stringify(body))
}
const unstorable = { error: 'has characters no calendar can keep' }

/** An event to be made; its id may be chosen by the caller (base32hex, as Google wants it). */
export const newEventSchema = z
  .strictObject({
    calendarId: z.uuid(),
    id: z
      .string()
      .regex(/^[a-v0-9]{5,1024}$/, { error: 'has 5 to 1024 of the characters a-v and 0-9' })
      .optional(),
    start: startOrEnd,
    end: startOrEnd,
    eventType: textSchema.optional(),
    ...settable,
  })
  .refine(seriesHasZone, zoneMissing)
  .refine(storesWhole, unstorable)

/** Fields to change; null removes one. */
export const eventChangeSchema = z
  .strictObject({ start: timeSchema.optional(), end: timeSchema.optional(), ...settable })
  .refine((body) => Object.keys(body).length > 0, { error: 'names nothing to change' })
  .refine(storesWhole, unstorable)
