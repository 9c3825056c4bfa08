import { describe, expect, it } from 'vitest'
import { checkExpression, type Registered } from './check-expression.ts'

const registered: Registered = new Map([
  ['requests_total', new Set(['service', 'outcome'])],
  ['wait_seconds_bucket', new Set(['service', 'le'])],
  ['up_to_date', new Set(['service', 'kind'])],
])
const check = (expression: string, ...templates: string[]) =>
  checkExpression(expression, registered, templates)

describe('an expression of a rule or a panel', () => {
  it('is fine when all it names is registered', () => {
    expect(
      check('sum by (outcome) (rate(requests_total{service="a"}[5m])) > 1', 'too many {{ $labels.outcome }}'),
    ).toEqual([])
    expect(check('histogram_quantile(0.9, sum by (le) (rate(wait_seconds_bucket[5m])))')).toEqual([])
    expect(check('up_to_date{instance="x"} == 0', '{{kind}} of {{instance}}')).toEqual([])
  })

  it.each([
    ['sum(rate(request_total[5m]))', 'no service registers request_total'],
    ['requests_total and requests_gone', 'no service registers requests_gone'],
    ['{service="a"}', 'no service registers a metric without a name'],
    ['wait_seconds_count > 1', 'no service registers wait_seconds_count'],
  ])('%s is wrong: a metric', (expression, problem) => {
    expect(check(expression)).toEqual([problem])
  })

  it.each([
    ['requests_total{outcom="failed"}', 'requests_total has no label outcom'],
    ['sum by (kind) (requests_total)', 'requests_total has no label kind'],
    ['sum without (kind) (requests_total)', 'requests_total has no label kind'],
    ['up_to_date / on (kind) requests_total', 'requests_total has no label kind'],
  ])('%s is wrong: a label', (expression, problem) => {
    expect(check(expression)).toEqual([problem])
  })

  it('is wrong when its text shows a label that the result does not have any more', () => {
    expect(check('sum by (service) (requests_total)', '{{ $labels.outcome }}')).toEqual([
      'the result has no label outcome',
    ])
    expect(check('sum without (outcome) (requests_total)', '{{service}} {{outcome}}')).toEqual([
      'the result has no label outcome',
    ])
    expect(check('sum(requests_total)', '{{service}}')).toEqual(['the result has no label service'])
  })

  it.each(['sum(requests_total', 'requests_total >', ''])('%j is not one', (expression) => {
    expect(check(expression)).toHaveLength(1)
  })
})
