import { calendarErrors } from '../../domain/errors.ts'

const dayMs = 86_400_000
const yearMs = 366 * dayMs

export interface AskedWindow {
  readonly timeMin?: string | undefined
  readonly timeMax?: string | undefined
}

/** The bounds asked for, as they are: stored events need none.
 * @throws DomainError `invalid_time_window`. */
export function storedWindow({ timeMin, timeMax }: AskedWindow) {
  const fromMs = timeMin === undefined ? null : Date.parse(timeMin)
  const toMs = timeMax === undefined ? null : Date.parse(timeMax)
  if (fromMs !== null && toMs !== null && fromMs >= toMs) throw refused('timeMax', 'must be after timeMin')
  return { fromMs, toMs }
}

/** Occurrences never end by themselves: without timeMax a year from timeMin, or from now.
 * @throws DomainError `invalid_time_window`, also for more than ten years. */
export function occurrenceWindow(asked: AskedWindow, now: Date) {
  const { fromMs, toMs } = storedWindow(asked)
  const end = toMs ?? Math.max(fromMs ?? now.getTime(), now.getTime()) + yearMs
  if (fromMs !== null && end - fromMs > 10 * yearMs)
    throw refused('timeMax', 'is more than ten years after timeMin')
  return { fromMs, toMs: end }
}

function refused(path: string, message: string) {
  return calendarErrors.invalid_time_window({ fields: [{ path, message }] })
}
