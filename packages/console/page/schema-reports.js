// @ts-check
import { element } from './elements.js'
import { moment } from './moment.js'
import { capabilityNames, capabilityStates, findingWords } from './words.js'

/** @import { SchemaFinding, SchemaReport } from './api-shapes.ts' */

/** @type {Readonly<Record<SchemaReport['status'], readonly [tone: string, word: string]>>} */
const states = {
  verified: ['good', 'As expected'],
  drift: ['broken', 'Differs'],
  unverifiable: ['waiting', 'Cannot be checked'],
}

/** For administrators: each database against what its service needs, column by column. @param {readonly SchemaReport[]} reports */
export function schemaReports(reports) {
  if (reports.length === 0)
    return element('p', { class: 'empty' }, 'No service has told about its schema yet.')
  return element('div', { class: 'reports' }, ...troubledFirst(reports).map(report))
}

/** @param {readonly SchemaReport[]} reports */
const troubledFirst = (reports) =>
  [...reports].sort((one, other) => Number(one.status === 'verified') - Number(other.status === 'verified'))

/** @param {SchemaReport} report */
function report({ service, status, lastVerifiedAt, findings, capabilities, unverifiable }) {
  const [tone, word] = states[status]
  const hit = Object.entries(capabilities).filter(([, state]) => state !== 'ok')
  return element(
    'article',
    { class: `card ${tone}` },
    element(
      'div',
      { class: 'card-head' },
      element('h3', {}, service),
      element('p', { class: `status ${tone}` }, word),
    ),
    element('p', { class: 'when' }, 'last verified ', moment(lastVerifiedAt)),
    unverifiable ? element('p', {}, unverifiable.message) : null,
    hit.length === 0
      ? null
      : element('ul', { class: 'affected' }, ...hit.map((each) => element('li', {}, affected(each)))),
    ...findings.map(finding),
  )
}

/** In words, and by the name logs and health checks give it. @param {[string, SchemaReport['capabilities'][string]]} hit */
const affected = ([name, state]) => {
  const words = Object.hasOwn(capabilityNames, name) ? `${capabilityNames[name]} (${name})` : name
  return `${words} ${capabilityStates[state]}`
}

/** @param {SchemaFinding} found */
function finding({ path, class: kind, expected, actual, explanation, remedy }) {
  return element(
    'section',
    { class: 'finding' },
    element('h4', {}, element('code', {}, path)),
    element('p', { class: 'reason' }, findingWords[kind]),
    element('p', {}, explanation),
    element(
      'dl',
      { class: 'facts' },
      element(
        'div',
        {},
        element('dt', {}, 'Expected'),
        element('dd', {}, element('code', {}, expected ?? 'nothing')),
      ),
      element(
        'div',
        {},
        element('dt', {}, 'There is'),
        element('dd', {}, element('code', {}, actual ?? 'nothing')),
      ),
    ),
    remedy === null
      ? null
      : element(
          'p',
          { class: 'when' },
          'To bring it back, run this as the migrator role; Evergrant notices by itself, and “Look again” shows it:',
        ),
    remedy === null ? null : element('pre', {}, element('code', {}, remedy)),
  )
}
