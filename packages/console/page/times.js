// @ts-check
const units = /** @type {const} */ ([
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
])
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** "5 minutes ago", "in 2 hours". @param {string} at @param {Date} now */
export function ago(at, now) {
  const distance = Date.parse(at) - now.getTime()
  const [unit, size] = units.find(([, length]) => Math.abs(distance) >= length) ?? []
  if (unit === undefined || size === undefined) return 'just now'
  return relative.format(Math.trunc(distance / size), unit)
}

/** To read beside it, in the reader's own zone. @param {string} at */
export function inFull(at) {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

/** The time of a day, to the second. @param {Date} at */
export const exactly = (at) => at.toLocaleTimeString('en-GB')
