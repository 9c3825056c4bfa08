import { describe, expect, it } from 'vitest'
import { alertRules } from './alert-rules.ts'
import { checkExpression } from './check-expression.ts'
import { dashboards, withIntervals } from './dashboards.ts'
import { useRegisteredMetrics } from './registered-metrics.ts'

/** Prometheus' own word of whether it could scrape; no service registers it. */
const ofPrometheus = [['up', new Set<string>()]] as const

describe('what the services measure', () => {
  const registered = useRegisteredMetrics()
  const known = () => new Map([...registered, ...ofPrometheus])

  it('is noted from their registries, with the labels of what has not happened yet', () => {
    expect(registered.get('breaker_calls_total')).toEqual(new Set(['dependency', 'outcome', 'service']))
    expect(registered.get('http_server_request_duration_seconds_bucket')).toContain('le')
    expect(registered.has('http_server_request_duration_seconds')).toBe(false)
  })

  it('is all that alerts ask for, by metric and label', () => {
    const problems = alertRules().flatMap(({ alert, expr, annotations }) =>
      checkExpression(expr, known(), [annotations?.summary ?? '']).map((problem) => `${alert}: ${problem}`),
    )
    expect(problems).toEqual([])
  })

  it('is all that panels show, by metric and label', () => {
    const problems = dashboards().flatMap(({ file, panels }) =>
      panels.flatMap(({ title, targets }) =>
        targets.flatMap(({ expr, legendFormat }) =>
          checkExpression(withIntervals(expr), known(), [legendFormat]).map(
            (problem) => `${file}, ${title}: ${problem}`,
          ),
        ),
      ),
    )
    expect(problems).toEqual([])
  })
})
