import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type AlertRule, alertRules, anchorsOf, checkForPeople } from './alert-rules.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const good: AlertRule = {
  alert: 'Late',
  expr: 'late > 1',
  labels: { severity: 'page' },
  annotations: { summary: 'Something has been late for an hour.', runbook: 'docs/operations.md#late' },
}
const check = (changed: Partial<AlertRule>) =>
  checkForPeople({ ...good, ...changed }, anchorsOf('# Operations\n### Late\n'))

describe('the alerts', () => {
  it('each say how urgent they are, what is the matter, and which heading of the runbook helps', () => {
    const anchors = anchorsOf(page)
    expect(alertRules().flatMap((rule) => checkForPeople(rule, anchors))).toEqual([])
  })

  it('have a name each, and are all explained once', () => {
    const names = alertRules().map(({ alert }) => alert)
    expect(names.length).toBeGreaterThan(0)
    expect(names).toHaveLength(new Set(names).size)
    const led = new Set(alertRules().map(({ annotations }) => annotations?.runbook?.split('#')[1]))
    const [, section = ''] = page.split('\n## Alerts\n')
    expect([...anchorsOf(section.split('\n## ')[0] ?? '')].filter((anchor) => !led.has(anchor))).toEqual([])
  })

  it('are refused without a severity, a summary or a runbook that is there', () => {
    expect(check({})).toEqual([])
    expect(check({ labels: {} })).toEqual(['Late has no severity'])
    expect(check({ labels: { severity: 'urgent' } })).toEqual(['Late has no severity'])
    const { summary = '', runbook = '' } = good.annotations ?? {}
    expect(check({ annotations: { runbook } })).toEqual(['Late has no summary in a sentence'])
    expect(check({ annotations: { summary } })).toEqual(['Late leads to no runbook: '])
    for (const wrong of ['docs/operations.md#gone', 'docs/operations.md', 'docs/events.md#late'])
      expect(check({ annotations: { summary, runbook: wrong } })).toEqual([
        `Late leads to no runbook: ${wrong}`,
      ])
  })
})
