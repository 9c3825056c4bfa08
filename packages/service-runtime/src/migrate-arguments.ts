import { parseArgs } from 'node:util'
import type { MigrateOptions } from '@evergrant/event-store'

/** What a service's migration program is told: `up`, or `down [--to N] [--accept-data-loss]`.
 * @throws TypeError for anything else; a misspelt `down` shall not become an `up`. */
export function migrateArguments(
  args: readonly string[],
): Pick<MigrateOptions, 'direction' | 'to' | 'acceptDataLoss'> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { to: { type: 'string' }, 'accept-data-loss': { type: 'boolean' } },
  })
  const [direction = 'up', ...more] = positionals
  if ((direction !== 'up' && direction !== 'down') || more.length > 0)
    throw new TypeError(`up or down, not ${positionals.join(' ')}`)
  if (direction === 'up' && Object.keys(values).length > 0)
    throw new TypeError('--to and --accept-data-loss go with down')
  return {
    direction,
    ...(values.to === undefined ? {} : { to: values.to }),
    acceptDataLoss: values['accept-data-loss'] === true,
  }
}
